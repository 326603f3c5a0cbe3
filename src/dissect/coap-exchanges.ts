// Which answer belongs to which request: by token and Message ID, over TCP by token alone; repetitions of both.
// One pass: a request names its answer only when it comes again after it. Messages without token are not joined.

import { isRequestClass, isResponse } from '../wire/coap/codes.ts'
import { COAP } from './coap-fields.ts'
import { coapMemoryOf, endOf } from './coap-memory.ts'
import type { CoapMessage, Exchange, TokenUse } from './coap-state.ts'
import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'

const CONFIRMABLE = 0
const NON_CONFIRMABLE = 1
const NONE = new Uint8Array(0)

/** Adds what is known from other frames; returns whether this message was seen before. */
export function joinExchange(context: DissectContext, message: CoapMessage): boolean {
  const { rows } = context
  const isRequest = isRequestClass(message.code) && message.code !== 0
  const use = !context.inError ? tokenUse(context, message, isRequest) : undefined
  if (!isRequest && use !== undefined) message.uri = use.uri
  if (message.uri !== '') rows.addGiven(COAP.optUriPathRecon, 0, -1, 0, message.row, message.uri)
  if (use === undefined) return false
  const exchange = use.exchange(message.messageId) ?? use.begin(message.messageId)
  if (isRequest) return joinRequest(context, message, exchange)
  const isRepeated = joinResponse(context, message, exchange)
  if (message.hasOscore) addOscoreKey(context, message, use)
  return isRepeated
}

/** An answer is under the key of its request; it may bring its own Partial IV [RFC 8613 5.2]. */
function addOscoreKey({ rows }: DissectContext, message: CoapMessage, { oscore }: TokenUse): void {
  const own = message.oscore?.piv ?? NONE
  rows.addGiven(COAP.oscoreKid, 0, -1, 0, message.row, oscore?.kid ?? NONE)
  rows.addGiven(COAP.oscoreKidContext, 0, -1, 0, message.row, oscore?.kidContext ?? NONE)
  rows.addGiven(COAP.oscorePiv, 0, -1, 0, message.row, own.length > 0 ? own : (oscore?.piv ?? NONE))
}

/** The use of the message's token; that of an answer only if its request was seen. */
function tokenUse(context: DissectContext, message: CoapMessage, isRequest: boolean): TokenUse | undefined {
  const { clients } = coapMemoryOf(context)
  const sender = endOf(context, 'sender')
  const receiver = endOf(context, 'receiver')
  const client = (isRequest ? clients.find(sender, receiver) : clients.find(receiver, sender)) ?? clients.add(sender)
  if (message.token === '' || !(isRequest || isResponse(message.code))) return
  return client.token(message.token) ?? (isRequest ? client.addToken(message.token, message.uri, message.oscore) : undefined)
}

function joinRequest(context: DissectContext, message: CoapMessage, exchange: Exchange): boolean {
  const { rows, frame } = context
  if (exchange.request === 0) {
    exchange.request = frame.number
    exchange.seconds = frame.seconds
    exchange.nanoseconds = frame.nanoseconds
  }
  if (exchange.response !== 0) rows.addGiven(COAP.responseIn, 0, -1, 0, message.row, exchange.response)
  return exchange.request !== frame.number && noteRepetition(context, message, COAP.requestFirstIn, exchange.request)
}

function joinResponse(context: DissectContext, message: CoapMessage, exchange: Exchange): boolean {
  const { rows, frame } = context
  if (exchange.response === 0) exchange.response = frame.number
  if (exchange.request !== 0) {
    const nanoseconds = BigInt(frame.seconds - exchange.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds - exchange.nanoseconds)
    rows.addGiven(COAP.responseTo, 0, -1, 0, message.row, exchange.request)
    rows.addGiven(COAP.responseTime, 0, -1, 0, message.row, nanoseconds)
  }
  return exchange.response !== frame.number && noteRepetition(context, message, COAP.responseFirstIn, exchange.response)
}

/** Acknowledgements are repeated with what they acknowledge: no note for them. */
function noteRepetition(context: DissectContext, message: CoapMessage, field: number, first: number): boolean {
  if (message.type !== CONFIRMABLE && message.type !== NON_CONFIRMABLE) return false
  const row = context.rows.addGiven(field, 0, -1, 0, message.row, first)
  addExpert(context, row, COAP.retransmitted, Severity.Note, Group.Sequence, 'Retransmitted')
  return true
}
