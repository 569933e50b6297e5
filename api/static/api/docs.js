"use strict";
// Swagger UI from this server, started from a file of its own: the content security policy allows no inline script.
const place = document.getElementById("docs");
window.ui = SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  validatorUrl: null,
  // Requests tried here carry no cookie of the console.
  withCredentials: false,
  supportedSubmitMethods: ["get", "post", "patch", "delete"],
  presets: [SwaggerUIBundle.presets.apis],
});
