// The key of an encrypted meeting, as it is in a link's fragment (`&key=…`): 16 random bytes as base64url. And whether this
// browser can encrypt calls.

export const KEY_BYTES = 16;

/** @param {Uint8Array} bytes */
export function keyText(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function newKeyText() {
  return keyText(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/**
 * Whether a text is a key; one that was cut off is none. 22 characters of base64url hold the bytes and 4 bits that must be 0.
 * @param {unknown} text
 * @returns {text is string}
 */
export function keyTextValid(text) {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text);
}

/**
 * The bytes of a key's text. Throws a TypeError if it is none.
 * @param {unknown} text
 */
export function keyBytes(text) {
  if (!keyTextValid(text)) throw new TypeError('this is no meeting key');
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

export function encryptionSupported() {
  return isSecureContext && 'RTCRtpScriptTransform' in globalThis; // crypto.subtle needs a secure context
}
