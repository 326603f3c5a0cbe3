// One captured frame with what its file says about it: the analyser's unit of input.
// Made by the readers of capture files and by live sources, eaten by dissect/.

/** `linkType` of a pcapng Custom Block, which counts as a frame as in Wireshark: its bytes are nobody's but its maker's. */
export const CUSTOM_BLOCK = -2

/** Where a frame was seen: one interface of one section of a file. */
export interface CaptureInterface {
  /** LINKTYPE_ number of the pcap registry: 1 Ethernet, 0 null, 101 raw IP, 108 loop, 113 Linux cooked v1, 276 v2, 228 raw IPv4, 229 raw IPv6. */
  readonly linkType: number
  readonly name: string | null
  readonly description: string | null
  /** Most bytes stored of a frame; 0 = no limit. */
  readonly snapLength: number
  /** Digits behind the second that the times of this interface have: 6 for microseconds (default), 9 for nanoseconds. */
  readonly decimals?: number
}

export interface Frame {
  /** From 1, in the order of the file. */
  readonly number: number
  /** The stored bytes. Borrowed: the reader may reuse the memory when it goes on to the next frame. */
  readonly bytes: Uint8Array
  /** Bytes on the wire; more than `bytes.length` when the capture cut the frame. */
  readonly length: number
  /** Whole seconds since 1970 and the nanoseconds after them; both 0 when the file gives no time (`hasTime`). */
  readonly seconds: number
  readonly nanoseconds: number
  readonly hasTime: boolean
  readonly interface: CaptureInterface
  /** Index of the interface in its section; null when the file has none, as pcap. */
  readonly interfaceId: number | null
  /** From 1; always 1 in a pcap file. */
  readonly section: number
  readonly comments: readonly string[]
  /** pcapng's epb_flags; null = the file has none. */
  readonly flags: number | null
}

/** Keys found in a file (pcapng Decryption Secrets Block) or given beside it: NSS key log text. They hold for the frames after them. */
export interface CaptureSecrets {
  readonly keyLog: string
}

/** What a reader yields, in order. */
export type CaptureItem = Frame | CaptureSecrets

export function isFrame(item: CaptureItem): item is Frame {
  return 'number' in item
}
