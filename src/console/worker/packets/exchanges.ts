// What a packet has to do with others: which it answers, which answered it, which was lost, and the one thing to know about it.
// Concluded from the log; a sender that got its answer sends nothing again.

import { PacketType } from '../../../wire/mqtt/packet.ts'
import type { LoggedMessage, MessageLog } from './message-log.ts'
import type { PacketArena } from './packet-arena.ts'
import type { ExchangePart, Fate, PacketTag, Relation } from './packet-calls.ts'
import type { PacketNote } from './packet-page.ts'

/** Messages of one packet that are looked at. */
const MOST_LOOKED_AT = 8
/** Messages looked back through for an earlier delivery. */
const MOST_SEARCHED = 2000

/** What each request is answered by; QoS 2 by PUBREC first. */
const ANSWER: Readonly<Record<number, string>> = {
  [PacketType.Connect]: 'CONNACK',
  [PacketType.Subscribe]: 'SUBACK',
  [PacketType.Unsubscribe]: 'UNSUBACK',
  [PacketType.Pingreq]: 'PINGRESP',
}

function isRequest({ type, qos }: LoggedMessage): boolean {
  return type === PacketType.Publish ? qos > 0 : ANSWER[type] !== undefined
}

/** The messages that end in a packet. */
function messagesOf(log: MessageLog, number: number): LoggedMessage[] {
  const messages: LoggedMessage[] = []
  for (let id = log.at(number); log.frameOf(id) === number && messages.length < MOST_LOOKED_AT; id++) messages.push(log.get(id)!)
  return messages
}

/** The answer to one request of an exchange: what comes before the request is made again. */
function answerTo(request: LoggedMessage, exchange: readonly LoggedMessage[]): LoggedMessage | null {
  const next = exchange[exchange.findIndex(({ id }) => id === request.id) + 1]
  return next === undefined || isRequest(next) ? null : next
}

/** The acknowledgement that is missing; null = none, or it may still come. */
function missing(request: LoggedMessage, log: MessageLog, isOver: boolean): string | null {
  const exchange = log.exchange(request.id)
  const at = exchange.findIndex(({ id }) => id === request.id)
  const later = exchange.slice(at + 1)
  const isLast = !later.some(isRequest)
  const mayCome = isLast && !isOver && log.connections[request.connection]?.endFrame === 0
  if (answerTo(request, exchange) === null) return mayCome ? null : (ANSWER[request.type] ?? (request.qos === 2 ? 'PUBREC' : 'PUBACK'))
  if (request.type !== PacketType.Publish || request.qos !== 2 || !isLast || mayCome || log.isDone(request.first)) return null
  return later.some(({ type }) => type === PacketType.Pubrel) ? 'PUBCOMP' : 'PUBREL'
}

/** An answer after which the request was made again never came through. */
function isLost(answer: LoggedMessage, exchange: readonly LoggedMessage[]): boolean {
  if (answer.type !== PacketType.Puback && answer.type !== PacketType.Pubrec) return false
  const at = exchange.findIndex(({ id }) => id === answer.id)
  return exchange.slice(at + 1).some(({ type, dup }) => type === PacketType.Publish && dup)
}

/** Whether its receiver had a delivery before: the publisher sent again what the broker had passed on already. */
function isSecondDelivery(delivery: LoggedMessage, log: MessageLog): boolean {
  if (delivery.type !== PacketType.Publish || delivery.fromClient || delivery.dup) return false
  const { clientId, client } = log.connections[delivery.connection]!
  let isRepeated = false
  for (let id = delivery.id - 1; id >= Math.max(log.first, delivery.id - MOST_SEARCHED); id--) {
    if (!log.isSamePublish(id, delivery.id)) continue
    const message = log.get(id)!
    if (message.fromClient) {
      if (!message.dup) return false
      isRepeated = true
      continue
    }
    if (!isRepeated) continue
    const receiver = log.connections[message.connection]!
    if (clientId === '' ? receiver.client === client : receiver.clientId === clientId) return true
  }
  return false
}

/** `isOver`: no more packets come. */
export function fateOf(log: MessageLog, message: LoggedMessage, isOver: boolean): Fate {
  if (message.first < log.first) return null
  const exchange = log.exchange(message.id)
  if (message.type !== PacketType.Publish) return isLost(message, exchange) ? 'lost' : null
  if (message.qos === 0 || answerTo(message, exchange) !== null) return null
  const isRepeated = exchange.at(-1)!.id !== message.id
  return isRepeated || isOver || log.connections[message.connection]!.endFrame > 0 ? 'unanswered' : null
}

/** `isOver`: no more packets come. */
export function tagOf(log: MessageLog, number: number, notes: readonly PacketNote[], isOver: boolean): PacketTag | null {
  const error = notes.find(({ severity }) => severity === 'error')
  if (error !== undefined) return { kind: 'error', text: error.text }
  const messages = messagesOf(log, number)
  for (const message of messages) {
    if (isRequest(message)) {
      const lacking = missing(message, log, isOver)
      if (lacking !== null) return { kind: 'unanswered', text: lacking }
    } else if (message.first >= log.first && isLost(message, log.exchange(message.id))) return { kind: 'lost', text: '' }
  }
  if (messages.some(({ dup }) => dup)) return { kind: 'dup', text: '' }
  if (messages.some((message) => isSecondDelivery(message, log))) return { kind: 'second', text: '' }
  const warning = notes.find(({ severity }) => severity === 'warning')
  return warning === undefined ? null : { kind: 'warning', text: warning.text }
}

/** The exchange of the first message of a packet that belongs to one. */
export function exchangeOf(log: MessageLog, number: number): ExchangePart[] {
  const message = messagesOf(log, number).find(({ first }) => first >= log.first)
  if (message === undefined) return []
  const exchange = log.exchange(message.id)
  if (exchange.length < 2) return []
  return exchange.map((part) => ({ frame: part.frame, isUnanswered: isRequest(part) && answerTo(part, exchange) === null }))
}

export function relationOf(log: MessageLog, arena: PacketArena, number: number): Relation | null {
  const message = messagesOf(log, number).find(({ first }) => first >= log.first)
  if (message === undefined) return null
  const exchange = log.exchange(message.id)
  const ms = (frame: number): number => Math.abs(Number((arena.time(frame) ?? 0n) - (arena.time(number) ?? 0n))) / 1e6
  if (isRequest(message)) {
    const answer = answerTo(message, exchange)
    return answer === null ? { kind: 'unanswered', frame: 0, ms: 0 } : { kind: 'answered', frame: answer.frame, ms: ms(answer.frame) }
  }
  const asked = exchange.slice(
    0,
    exchange.findIndex(({ id }) => id === message.id),
  )
  const request = asked.findLast((part) => part.fromClient !== message.fromClient || isRequest(part))
  return request === undefined ? null : { kind: 'answers', frame: request.frame, ms: ms(request.frame) }
}
