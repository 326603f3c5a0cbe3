// Calls and events of the Packets and Ladder screens, joined to the others in ../protocol.ts.
// Types only.

import type { LoggedConnection, LoggedMessage } from './message-log.ts'
import type { PacketNote } from './packet-page.ts'

/** tshark's -t, those that the list offers. */
export type TimeFormat = 'relative' | 'delta' | 'shown' | 'epoch' | 'clock' | 'utc'

/** A row of the list. */
export interface PacketRow {
  readonly number: number
  readonly time: string
  readonly source: string
  readonly destination: string
  readonly protocol: string
  readonly length: number
  readonly info: string
  /** tcp.stream or udp.stream; -1 = none. */
  readonly stream: number
  /** Client Identifier of its MQTT connection; '' = none or unknown. */
  readonly client: string
  /** Nothing of interest by itself. */
  readonly isQuiet: boolean
  readonly tag: PacketTag | null
}

/** The one thing to know about a packet. */
export interface PacketTag {
  readonly kind: 'dup' | 'second' | 'unanswered' | 'lost' | 'note' | 'warning' | 'error'
  /** Of a note; of an unanswered packet the one that is missing: PUBACK, PUBREC, PUBCOMP. */
  readonly text: string
}

/** A line of the tree, in the order of a page. */
export interface DetailLine {
  readonly text: string
  /** Wireshark's field name; '' for a line that only groups others. */
  readonly name: string
  readonly type: string
  /** The filter that finds packets with this value; '' = none. */
  readonly filter: string
  readonly depth: number
  /** Lines below it, which follow it. */
  readonly below: number
  /** Index of `sources`. */
  readonly source: number
  /** First byte; -1 = it stands in no bytes. */
  readonly start: number
  readonly length: number
  readonly severity: PacketNote['severity'] | null
}

/** Bytes of a source that the page shows as dots. */
export interface MaskedRange {
  readonly source: number
  readonly start: number
  readonly length: number
}

export interface PacketDetail {
  readonly number: number
  readonly lines: readonly DetailLine[]
  /** The frame, and what was put together or unmasked from it. */
  readonly sources: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** Payloads that are hidden; the lines have dots already. */
  readonly masked: readonly MaskedRange[]
  readonly stream: number
  readonly isTcp: boolean
  readonly ports: readonly [number, number]
  readonly topic: string | null
  /** The PUBLISH, its repeats and acknowledgements, if the packet is among them. */
  readonly exchange: readonly ExchangePart[]
  /** How it was answered, or what it answers. */
  readonly related: Relation | null
}

export interface ExchangePart {
  readonly frame: number
  /** A PUBLISH that was not answered before it was sent again, or at all. */
  readonly isUnanswered: boolean
}

export interface Relation {
  readonly kind: 'answered' | 'answers' | 'repeats' | 'unanswered'
  /** The other packet; 0 = there is none. */
  readonly frame: number
  /** Milliseconds between them. */
  readonly ms: number
}

/** Where the work stands. */
export interface PacketsState {
  /** Packets that came; those kept are the last `kept`. */
  readonly total: number
  readonly kept: number
  readonly dropped: number
  /** Rows of the list. */
  readonly passing: number
  /** Packets tested by the filter. */
  readonly tested: number
  /** Packets dissected for the list. */
  readonly summarized: number
  /** Share of a file that has been read; 1 = all, or no file. */
  readonly read: number
  readonly isBusy: boolean
  /** What ended reading: a damaged file. */
  readonly problem: string | null
  /** TLS keys came with the capture, which a browser does not use. */
  readonly hasKeys: boolean
  readonly fileName: string | null
  readonly filter: string
  readonly decodeAs: readonly string[]
  readonly bytes: number
}

/** What the typed filter is worth. */
export type FilterVerdict =
  | { readonly state: 'empty' }
  | { readonly state: 'valid'; readonly fields: readonly string[] }
  /** It compiles, but people mean something else by it. */
  | { readonly state: 'risky'; readonly hint: 'not-equal' }
  | { readonly state: 'wrong'; readonly message: string; readonly offset: number; readonly length: number; readonly suggestion: string | null }

export interface Completion {
  /** What stands in the text's place from `from` to `to` when it is accepted. */
  readonly text: string
  readonly kind: 'field' | 'value' | 'word'
  readonly type: string
  readonly label: string
}

export interface Completions {
  readonly from: number
  readonly to: number
  readonly items: readonly Completion[]
}

/** What became of a message, by all of the capture: its receiver never saw it, or never answered it. */
export type Fate = 'lost' | 'unanswered' | null

/** A message of a ladder. `time`: seconds since the first packet of the capture. */
export type LadderMessage = LoggedMessage & { readonly time: number; readonly fate: Fate }

/** Messages for a ladder, in order. */
export interface LadderSlice {
  readonly messages: readonly LadderMessage[]
  /** Those of the messages; their `connection` is an index of this. */
  readonly connections: readonly LoggedConnection[]
  /** All of these there are. */
  readonly total: number
  /** Messages before the first one given. */
  readonly before: number
  /** Milliseconds since 1970 at their time 0. */
  readonly origin: number
}

/** What is known of a message whose packet is sought. */
export interface SoughtMessage {
  readonly topic: string
  /** Bytes of its payload. */
  readonly size: number
  /** Milliseconds since 1970, by the clock of who recorded it. */
  readonly time: number
  readonly fromClient: boolean
}

/** What a saved file says of itself: `{frame}` in it becomes the number in the file of a packet of the list. */
export interface ViewComment {
  readonly comment: string
  readonly frame: number
}

interface Of {
  readonly connection: number
}

/** name → what is asked and what is answered. */
export interface PacketCalls {
  /** Reads a capture file into the tab; what was there is forgotten. Ends when it has been read. */
  'packets/open-file': { ask: Of & { readonly file: Blob & { readonly name?: string } }; answer: null }
  'packets/state': { ask: Of; answer: PacketsState }
  /** Rows of the list; they are told again when they change, until others are watched. `count` 0: nobody looks. */
  'packets/watch': { ask: Of & { readonly first: number; readonly count: number; readonly time: TimeFormat }; answer: null }
  /** @throws FilterError, whose message is the answer's */
  'packets/filter': { ask: Of & { readonly filter: string }; answer: null }
  'packets/check': { ask: Of & { readonly filter: string }; answer: FilterVerdict }
  'packets/complete': { ask: Of & { readonly text: string; readonly caret: number }; answer: Completions }
  'packets/detail': { ask: Of & { readonly number: number }; answer: PacketDetail | null }
  /** Row of a packet in the list; -1 = the filter hides it, or it is not kept. */
  'packets/row': { ask: Of & { readonly number: number }; answer: number }
  /** Number of the packet at a row; 0 = none. */
  'packets/number': { ask: Of & { readonly row: number }; answer: number }
  /** The packet with a message that was recorded elsewhere: same topic and size, same way, nearest in time. 0 = there is none. */
  'packets/find': { ask: Of & SoughtMessage; answer: number }
  /** A pcapng file of what passes the filter, or of all that is kept. */
  'packets/save': { ask: Of & { readonly all: boolean; readonly view?: ViewComment }; answer: { readonly bytes: Uint8Array; readonly count: number } }
  /** Rules such as `tcp.port==1884,mqtt`; all is dissected again. */
  'packets/decode-as': { ask: Of & { readonly rules: readonly string[] }; answer: null }
  /** Names that a rule may end with. */
  'packets/protocols': { ask: Of; answer: readonly string[] }
  /** Messages of packets that pass the filter, and those that answer them, `count` at most, around a packet (0 = the newest). */
  'packets/ladder': { ask: Of & { readonly around: number; readonly count: number }; answer: LadderSlice }
  /** The whole life of the message in a packet: the publisher's exchange and each delivery's. */
  'packets/life': { ask: Of & { readonly number: number }; answer: LadderSlice | null }
}

export interface PacketEvents {
  'packets/state': Of & PacketsState
  'packets/rows': Of & { readonly first: number; readonly rows: readonly PacketRow[]; readonly passing: number; readonly dropped: number }
}
