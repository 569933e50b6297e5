/* Verify Ed25519 signatures (RFC 8032): by WebCrypto, or in plain JavaScript in browsers whose WebCrypto lacks it. */

/** Return whether the signature of the bytes is valid under the 32 bytes of the public key. */
export async function verify(publicKey, signature, signed) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name !== "NotSupportedError") return false;
    return verifyInScript(publicKey, signature, signed);
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, signed);
}

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modulo(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const BASE = decodePoint(encodeNumber(modulo(4n * inverse(5n))));

/** Return whether the signature is valid, without WebCrypto's Ed25519 (RFC 8032, section 5.1.7). */
export async function verifyInScript(publicKey, signature, signed) {
  const point = decodePoint(publicKey);
  const r = decodePoint(signature.subarray(0, 32));
  const s = decodeNumber(signature.subarray(32));
  if (!point || !r || s >= ORDER) return false;
  const hashed = new Uint8Array([...signature.subarray(0, 32), ...publicKey, ...signed]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", hashed));
  const k = decodeNumber(digest) % ORDER;
  return same(multiply(s, BASE), add(r, multiply(k, point)));
}

function modulo(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let square = modulo(base); exponent > 0n; exponent >>= 1n, square = modulo(square * square)) {
    if (exponent & 1n) result = modulo(result * square);
  }
  return result;
}

function inverse(value) {
  return power(value, P - 2n);
}

/* Points are [X, Y, Z, T] in extended homogeneous coordinates: x = X/Z, y = Y/Z, xy = T/Z. */

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = modulo((y1 - x1) * (y2 - x2));
  const b = modulo((y1 + x1) * (y2 + x2));
  const c = modulo(2n * t1 * t2 * D);
  const d = modulo(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [modulo(e * f), modulo(g * h), modulo(f * g), modulo(e * h)];
}

function multiply(scalar, point) {
  let sum = [0n, 1n, 1n, 0n];
  for (let doubled = point; scalar > 0n; scalar >>= 1n, doubled = add(doubled, doubled)) {
    if (scalar & 1n) sum = add(sum, doubled);
  }
  return sum;
}

function same([x1, y1, z1], [x2, y2, z2]) {
  return modulo(x1 * z2 - x2 * z1) === 0n && modulo(y1 * z2 - y2 * z1) === 0n;
}

function decodePoint(bytes) {
  const number = decodeNumber(bytes);
  const odd = number >> 255n;
  const y = number & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (modulo(x * x - square) !== 0n) x = modulo(x * ROOT_OF_MINUS_ONE);
  if (modulo(x * x - square) !== 0n || (x === 0n && odd)) return null;
  if ((x & 1n) !== odd) x = P - x;
  return [x, y, 1n, modulo(x * y)];
}

function decodeNumber(bytes) {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function encodeNumber(number) {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
}
