// Verify the signature of each manifest of standard input with jose and with WebCrypto, and write the payloads that both read.

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

import { compactVerify, importJWK } from "jose";

/** @param {string} text base64url */
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64url"));

async function byWebCrypto(jws, jwk) {
  const [header, payload, signature] = jws.split(".");
  const key = await webcrypto.subtle.importKey("raw", bytes(jwk.x), "Ed25519", false, ["verify"]);
  const isGood = await webcrypto.subtle.verify("Ed25519", key, bytes(signature), new TextEncoder().encode(`${header}.${payload}`));
  return isGood ? JSON.parse(new TextDecoder().decode(bytes(payload))) : null;
}

async function byJose(jws, jwk) {
  try {
    const { payload } = await compactVerify(jws, await importJWK({ ...jwk, alg: "EdDSA" }), { algorithms: ["EdDSA"] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    if (error.code !== "ERR_JWS_SIGNATURE_VERIFICATION_FAILED") throw error;
    return null;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { jws, key } = JSON.parse(line);
  console.log(JSON.stringify({ jose: await byJose(jws, key), webcrypto: await byWebCrypto(jws, key) }));
}
