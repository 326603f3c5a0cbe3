// A message that was sent and is not finished, as people see it: in the console and in the tree that a signal prints.
// outgoing-publishes.ts knows them.

export interface UnfinishedMessage {
  readonly packetId: number
  readonly awaits: 'PUBACK' | 'PUBREC' | 'PUBCOMP'
  /** Known only of those whose bytes are kept. */
  readonly topic: string | null
}

/** By the state of a message: 0 = none, 1 to 3. */
export const AWAITED = [null, 'PUBACK', 'PUBREC', 'PUBCOMP'] as const
