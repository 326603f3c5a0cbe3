// What the CoAP dissector remembers: requests by client, by token, by Message ID, and who answered what.
// Bounded: beyond the caps the oldest client, token or Message ID is forgotten.

import { type ConversationState, conversationState } from './conversations.ts'
import { Walk } from './walk.ts'

const MOST_CLIENTS = 4096
const MOST_TOKENS = 4096
const MOST_MESSAGES = 4096

/** Frames of a request and of its first answer; 0 = not seen. */
export interface Exchange {
  request: number
  response: number
  /** Time of the request. */
  seconds: number
  nanoseconds: number
}

/** What an OSCORE request says of its key; answers leave it out. */
export interface OscoreKey {
  readonly kid: Uint8Array
  readonly kidContext: Uint8Array
  readonly piv: Uint8Array
}

/** All requests with one token, and what the first of them asked for. */
export class TokenUse {
  readonly uri: string
  readonly oscore: OscoreKey | null
  readonly #exchanges = new Map<number, Exchange>()

  constructor(uri: string, oscore: OscoreKey | null) {
    this.uri = uri
    this.oscore = oscore
  }

  exchange(messageId: number): Exchange | undefined {
    return this.#exchanges.get(messageId)
  }

  begin(messageId: number): Exchange {
    forgetOldest(this.#exchanges, MOST_MESSAGES)
    const exchange: Exchange = { request: 0, response: 0, seconds: 0, nanoseconds: 0 }
    this.#exchanges.set(messageId, exchange)
    return exchange
  }
}

/** The requests of one client. */
class Client {
  readonly #tokens = new Map<string, TokenUse>()

  token(token: string): TokenUse | undefined {
    return this.#tokens.get(token)
  }

  addToken(token: string, uri: string, oscore: OscoreKey | null): TokenUse {
    forgetOldest(this.#tokens, MOST_TOKENS)
    const use = new TokenUse(uri, oscore)
    this.#tokens.set(token, use)
    return use
  }
}

/**
 * All clients of a capture, by address and port, as Wireshark finds them. The server's address does not matter: a request to a group is answered
 * by its members. An end that is not known is looked for under the other end; whoever speaks first between two unknown ends counts as the client.
 */
export class CoapClients {
  readonly #clients = new Map<string, Client>()

  /** Null when neither end is known. */
  find(client: string, server: string): Client | null {
    return this.#clients.get(client) ?? this.#clients.get(server) ?? null
  }

  add(client: string): Client {
    forgetOldest(this.#clients, MOST_CLIENTS)
    const added = new Client()
    this.#clients.set(client, added)
    return added
  }
}

export const COAP_WALK: ConversationState<Walk> = conversationState(() => new Walk())

/** Makes room for one more. */
function forgetOldest(map: Map<unknown, unknown>, most: number): void {
  if (map.size < most) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

/** What is found while the current message is read. */
export interface CoapMessage {
  /** Row of the protocol. */
  readonly row: number
  readonly code: number
  /** -1 over TCP. */
  readonly type: number
  /** 0 over TCP. */
  readonly messageId: number
  /** In hexadecimal. */
  readonly token: string
  /** Position of its first byte. */
  readonly tokenStart: number
  uri: string
  query: string
  contentFormat: string | null
  /** -1 = no block option. */
  block: number
  moreBlocks: boolean
  /** The block option speaks of this message's own body, and it is the last block. */
  endsBlocks: boolean
  hasOscore: boolean
  oscore: OscoreKey | null
}
