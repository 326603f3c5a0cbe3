// What an operator does to clients and messages: disconnect, drop, subscribe, unsubscribe, delete retained.
// Goes the ways that clients' own packets go; who may do it, and the line in the log, are admin-app.ts' and routes.ts'.

import type { Broker } from '../../broker/broker.ts'
import { MountPoint } from '../../broker/mount-point.ts'
import type { Session } from '../../broker/session.ts'
import { isShared, isTopicFilter } from '../../wire/mqtt/topics.ts'
import { ApiError } from './api-error.ts'
import type { ActionAnswer, DeletedAnswer, RetainedAnswer } from './api-types.ts'

/** Topic Names told of what would be deleted. */
const MOST_TOLD = 100
/** Retained messages deleted in one turn of the event loop. */
const DELETED_AT_A_TIME = 1000

/** Reason Codes with which a server may end a connection that did nothing wrong [section 3.14.2.1]. */
export const DISCONNECT_CODES = [0x80, 0x83, 0x87, 0x89, 0x8b, 0x8e, 0x97, 0x98, 0x9c, 0x9d] as const

/** @throws ApiError 404 */
export function sessionOf(broker: Broker, id: string): Session {
  const session = broker.sessions.get(id)
  if (session === undefined) throw new ApiError(404, 'There is no session with this Client Identifier.')
  return session
}

/** The will, if there is one, is published: the client has not said goodbye. */
export function disconnect(session: Session, reasonCode: number): ActionAnswer {
  const { connection } = session
  if (connection === null) return { done: false, message: 'The client is not connected.' }
  connection.end('administrative', reasonCode)
  return { done: true, message: 'The client was disconnected.' }
}

export function dropSession(broker: Broker, session: Session): ActionAnswer {
  session.sessionExpiryInterval = 0 // ends with its connection
  if (session.connection === null) broker.drop(session)
  else session.connection.end('administrative', 0x98)
  return { done: true, message: 'The session is gone, with its subscriptions and what waited in it.' }
}

export interface WantedSubscription {
  readonly filter: string
  readonly qos: 0 | 1 | 2
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: 0 | 1 | 2
}

/** As if the client had subscribed itself: by its rights, with the retained messages. */
export function subscribeFor(broker: Broker, session: Session, wanted: WantedSubscription): ActionAnswer {
  const topicFilter = mounted(session, checkedFilter(wanted.filter))
  if (wanted.noLocal && isShared(topicFilter)) throw new ApiError(400, 'No Local cannot go with a shared subscription [MQTT-3.8.3-4].')
  const request = { ...wanted, topicFilter }
  const isNew = !session.subscriptions.has(topicFilter)
  const code = broker.subscriptions.subscribe(session, request, 0)
  if (code >= 0x80) return { done: false, message: `The broker refused it with Reason Code 0x${code.toString(16)}.` }
  if (session.isOnline) broker.subscriptions.sendRetained(session, [request], [isNew])
  return { done: true, message: `Subscribed with QoS ${code}.` }
}

/** `filter` as the session has it, with the mount point. */
export function unsubscribeFor(broker: Broker, session: Session, filter: string): ActionAnswer {
  const code = broker.subscriptions.unsubscribe(session, filter)
  return code === 0 ? { done: true, message: 'Unsubscribed.' } : { done: false, message: 'The client has no such subscription.' }
}

/** What `deleteRetained` would delete. */
export function retainedAnswer(broker: Broker, filter: string): RetainedAnswer {
  let count = 0
  const topics: string[] = []
  for (const topic of retainedTopics(broker, checkedRetainedFilter(filter))) {
    count++
    if (topics.length < MOST_TOLD) topics.push(topic)
  }
  return { count, topics }
}

/** As clients do it, with empty retained messages, which subscribers get. */
export async function deleteRetained(broker: Broker, filter: string): Promise<DeletedAnswer> {
  const topics = [...retainedTopics(broker, checkedRetainedFilter(filter))]
  for (const [i, topicName] of topics.entries()) {
    broker.publish({ topicName, payload: new Uint8Array(0), qos: 0, retain: true, properties: {} })
    if (i % DELETED_AT_A_TIME === DELETED_AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return { deleted: topics.length }
}

/** Topics that begin with `$` only when the filter does. */
function* retainedTopics(broker: Broker, filter: string): Generator<string, void, void> {
  const now = broker.clock.now()
  const cursor = broker.retained.cursor(filter)
  for (let message = cursor.next(now, Infinity); message !== null; message = cursor.next(now, Infinity)) yield message.topicName
}

function checkedFilter(filter: string): string {
  if (!isTopicFilter(filter)) throw new ApiError(400, 'This is not a valid Topic Filter.')
  return filter
}

function checkedRetainedFilter(filter: string): string {
  if (isShared(checkedFilter(filter))) throw new ApiError(400, 'A shared filter matches no retained messages.')
  if (/^\$SYS(\/|$)/.test(filter)) throw new ApiError(400, 'What the broker says about itself cannot be deleted.')
  return filter
}

function mounted({ rules: { mountPoint } }: Session, filter: string): string {
  return mountPoint === '' ? filter : new MountPoint(mountPoint).topicFilter(filter)
}
