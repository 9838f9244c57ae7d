import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { DeclarationError, TamperedDataError } from "../../errors.ts";
import type { Codec } from "./codec.ts";

const SIGNATURE_BYTES = 32;
const LEAST_KEY_BYTES = 16;

/** A secret: bytes, or text that counts as its UTF-8 bytes. */
export type SigningKey = string | Uint8Array;

/** Options of {@link signed}. */
export interface SigningOptions {
  /** The secret that chunks are signed with, of at least 16 bytes; 32 random ones are best. There is no default. */
  readonly key: SigningKey;
  /** Secrets of before: what they signed is still read, but nothing is signed with them. Default none. */
  readonly previousKeys?: readonly SigningKey[];
}

/**
 * Wraps a codec so that chunks are only read if someone who has the key wrote them. Each is preceded by a keyed hash
 * (HMAC-SHA256, 32 bytes) of the codec's name and the chunk, which is compared in constant time before anything is
 * decoded. Decoding throws a `TamperedDataError` if the hash is missing or wrong.
 *
 * It shows that a chunk was not altered; it hides nothing of it, and does not show in which stream or at which position
 * it was written.
 *
 * To change the key without stopping: let every process know the new one in `previousKeys`, then make it the `key`, then
 * drop the old one.
 *
 * @throws DeclarationError when a key is missing or shorter than 16 bytes.
 */
export function signed(codec: Codec, options: SigningOptions): Codec {
  const { key, previousKeys = [] } = options;
  const current = secret(key, "key");
  const accepted = [current, ...previousKeys.map((previous, i) => secret(previous, `previousKeys[${i}]`))];
  const name = `${codec.name}+hmac-sha256`;

  function sign(bytes: Uint8Array, secretKey: KeyObject): Buffer {
    // The name has no NUL, so that it and the bytes cannot be taken for another name and other bytes.
    return createHmac("sha256", secretKey).update(`${name}\0`).update(bytes).digest();
  }

  return {
    name,
    encode(values) {
      const bytes = codec.encode(values);
      return Buffer.concat([sign(bytes, current), bytes]);
    },
    decode(bytes, handedOver) {
      if (bytes.length < SIGNATURE_BYTES) {
        throw new TamperedDataError(
          `A chunk of ${bytes.length} bytes has no signature: it was cut short, or written without \`signed(…)\`.`,
        );
      }
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      const content = bytes.subarray(SIGNATURE_BYTES);
      if (!accepted.some((secretKey) => timingSafeEqual(sign(content, secretKey), signature))) {
        throw new TamperedDataError(
          `A chunk of ${bytes.length} bytes has a signature that does not match: it was altered, or signed with a key that this process does not have.`,
        );
      }
      return codec.decode(content, handedOver);
    },
  };
}

/** Kept as a KeyObject, which no log or inspection prints. */
function secret(key: SigningKey | undefined, option: string): KeyObject {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) {
    throw new DeclarationError(
      `signed(…) needs \`${option}\`: a secret of at least ${LEAST_KEY_BYTES} bytes, as text or a Uint8Array.`,
    );
  }
  const bytes = typeof key === "string" ? Buffer.from(key, "utf8") : key;
  if (bytes.length < LEAST_KEY_BYTES) {
    throw new DeclarationError(
      `signed(…) refuses \`${option}\`: it has ${bytes.length} bytes, and a key of fewer than ${LEAST_KEY_BYTES} bytes can be guessed. ` +
        "Make one: openssl rand -base64 32",
    );
  }
  return createSecretKey(bytes);
}
