/** The types of the extensions of MessagePack that msgpackr writes, as far as chunks have them. */
export const ExtensionType = {
  undefined: 0x00,
  bigint: 0x42,
  /** Which fields a kind of records has. */
  record: 0x72,
  set: 0x73,
  typedArray: 0x74,
  date: 0xff,
} as const;

/** The id of the first kind of records, which is its token as well. Numbers from here on are no small ones. */
export const FIRST_RECORD = 0x40;
