// The types of records and how far each may be ignored. The numbers are on disks: never reuse one.
// A reader skips unknown types with the high bit, and refuses others: so a newer program may say which of its records an older one can do without.

export const RecordType = {
  /** A session as it stands: begun, connected, disconnected, expiry changed. The last one counts. */
  Session: 1,
  SessionEnded: 2,
  Subscribed: 3,
  Unsubscribed: 4,
  /** Packets with the sessions that wait for them, and whether the last one is its topic's retained message. */
  Message: 5,
  RetainedCleared: 6,
  /** Messages that a session waits for no more: acknowledged, dropped, expired. */
  Done: 7,
  /** Messages up to here have been sent once: the next time they carry DUP. */
  Sent: 8,
  /** The receiver's PUBREC has come: PUBREL follows, never PUBLISH again. */
  Received: 9,
  /** A publisher's QoS 2 packets before their PUBREL. */
  Unreleased: 10,
  /** Their PUBREL has come. */
  Released: 11,
  Will: 12,
  /** The will was withdrawn or published. */
  WillEnded: 13,
  /** Segments before this one may be gone. */
  Trimmed: 14,
  /** A program has taken the journal over. */
  Fence: 15,
} as const
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

/** Names for people, by type. */
export const RECORD_NAMES: readonly string[] = [
  '',
  'session',
  'session-ended',
  'subscribed',
  'unsubscribed',
  'message',
  'retained-cleared',
  'done',
  'sent',
  'received',
  'unreleased',
  'released',
  'will',
  'will-ended',
  'trimmed',
  'fence',
]

/** Unknown types with this bit may be skipped. */
export const SKIPPABLE = 0x80

/** Why a session waits for a message no more. */
export const DoneReason = { Acknowledged: 0, Dropped: 1, Expired: 2, TooLarge: 3, Refused: 4 } as const
export type DoneReason = (typeof DoneReason)[keyof typeof DoneReason]

export const DONE_REASONS: readonly string[] = ['acknowledged', 'dropped by a limit', 'expired', 'too large', 'refused']

/** Why a will is no more. */
export const WillEnd = { Removed: 0, Published: 1 } as const
export type WillEnd = (typeof WillEnd)[keyof typeof WillEnd]
