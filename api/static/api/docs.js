"use strict";
// Swagger UI, started from a file because the content security policy forbids inline scripts.
const container = document.getElementById("docs");
window.ui = SwaggerUIBundle({
  domNode: place,
  url: container.dataset.schema,
  deepLinking: true,
  validatorUrl: null,
  // Requests sent from this page carry no console cookie.
  withCredentials: false,
  supportedSubmitMethods: ["get", "post", "patch", "delete"],
  presets: [SwaggerUIBundle.presets.apis],
});
