// The table of /admin/v1: method, path, the role it needs, what it takes and what it gives.
// admin-app.ts serves it, openapi.ts describes it; what a route does is in the file of its subject.

import * as v from 'valibot'
import type { AccessAction } from '../../broker/ports.ts'
import { retainedRun } from '../../broker/retained/retained-message.ts'
import { placeOf } from '../../config/settings.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { isTopicFilter, isTopicName } from '../../wire/mqtt/topics.ts'
import { messageOf } from '../embedded/published-message.ts'
import { accessAnswer, whyAnswer } from './access-tester.ts'
import type { AdminSource } from './admin-source.ts'
import { ApiError } from './api-error.ts'
import type { BrokerAnswer, ConfigAnswer, FaultAction, ListenerRow, LogAnswer, RetainedMessageAnswer, Role, SysAnswer } from './api-types.ts'
import { bridgesAnswer } from './bridge-rows.ts'
import { certificateOf } from './certificates.ts'
import { DISCONNECT_CODES, deleteRetained, disconnect, dropSession, retainedAnswer, sessionOf, subscribeFor, unsubscribeFor } from './client-actions.ts'
import { CLIENT_ORDERS, clientAnswer, clientsAnswer } from './client-views.ts'
import { dynsecAnswer, dynsecOf } from './dynsec-commands.ts'
import { LOG_LEVELS } from './log-ring.ts'

/** What a handler is given. `input` has been checked by the route's schema. */
export interface Asked<T> {
  readonly source: AdminSource
  readonly input: T
  /** One line for the log: what was done, to what; names are as clients gave them. */
  audit(line: string): void
}

export interface Route {
  readonly method: 'get' | 'post'
  /** Below /admin/v1/. */
  readonly path: string
  readonly role: Role
  readonly summary: string
  /** Of the query (get) or the JSON body (post). */
  readonly input: v.GenericSchema
  /** Name of the answer's shape in api-shapes.ts. */
  readonly answer: string
  handle(asked: Asked<unknown>): unknown
}

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(65_535), v.description('Client Identifier'))
const Filter = v.pipe(v.string(), v.minLength(1), v.maxLength(65_535), v.description('Topic Filter'))
const Topic = v.pipe(v.string(), v.minLength(1), v.maxLength(65_535), v.description('Topic Name'))
const QosValue = v.picklist([0, 1, 2])
const Nothing = v.strictObject({})
const Count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000_000)))
const Milliseconds = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000)))

/** Which packets, and what is done to them. */
const Fault = v.strictObject({
  action: v.picklist(['drop', 'delay', 'duplicate', 'cut', 'silence'] satisfies readonly FaultAction[]),
  filter: v.optional(v.pipe(v.string(), v.maxLength(2000), v.description('display filter; every packet unless given')), ''),
  from: v.optional(v.picklist(['client', 'broker'])),
  client: v.optional(Id),
  topic: v.optional(Filter),
  times: Count,
  nth: Count,
  every: Count,
  ms: Milliseconds,
  jitterMs: Milliseconds,
  copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
  at: v.optional(v.picklist(['before', 'middle', 'after'])),
  cut: v.optional(v.boolean()),
})

/** A whole number in a query, which comes as text. */
function inQuery(minimum: number, maximum: number, usual: number, description: string): v.GenericSchema<string | undefined, number> {
  const integer = v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/),
    v.transform(Number),
    v.integer(),
    v.minValue(minimum),
    v.maxValue(maximum),
    v.description(description),
  )
  return v.optional(integer, String(usual))
}

function route<S extends v.GenericSchema>(
  method: Route['method'],
  path: string,
  role: Role,
  summary: string,
  answer: string,
  input: S,
  handle: (asked: Asked<v.InferOutput<S>>) => unknown,
): Route {
  return { method, path, role, summary, input, answer, handle: handle as Route['handle'] }
}

export const ROUTES: readonly Route[] = [
  route(
    'get',
    'broker',
    'viewer',
    'The broker: version, counters, listeners and their certificates, times of the last minute.',
    'BrokerAnswer',
    Nothing,
    ({ source }) => brokerAnswer(source),
  ),
  route('get', 'bridges', 'viewer', 'Bridges: state, topics, messages; no passwords.', 'BridgesAnswer', Nothing, ({ source }) =>
    bridgesAnswer(source.bridges(), source.wallClock()),
  ),
  route('get', 'sys', 'viewer', 'The present values of $SYS.', 'SysAnswer', Nothing, ({ source }) => sysAnswer(source)),
  route(
    'get',
    'history',
    'viewer',
    'Numbers of the last hour, second by second.',
    'HistoryAnswer',
    v.strictObject({ seconds: inQuery(1, 3600, 600, 'how far back'), step: inQuery(1, 600, 1, 'seconds from one row to the next') }),
    ({ source, input }) => source.history.answer(input.seconds, input.step),
  ),
  route(
    'get',
    'log',
    'viewer',
    'The last lines of the log.',
    'LogAnswer',
    v.strictObject({
      level: v.optional(v.picklist(LOG_LEVELS), 'information'),
      after: inQuery(0, Number.MAX_SAFE_INTEGER, 0, 'only lines with greater numbers'),
    }),
    ({ source, input }): LogAnswer => ({ lines: source.logRing.lines(input.level, input.after), total: source.logRing.count }),
  ),
  route('get', 'config', 'operator', 'The configuration and the line that each value comes from.', 'ConfigAnswer', Nothing, ({ source }) =>
    configAnswer(source),
  ),
  route(
    'get',
    'clients',
    'viewer',
    'Sessions, a page at a time.',
    'ClientsAnswer',
    v.strictObject({
      search: v.optional(v.pipe(v.string(), v.maxLength(1000), v.description('part of an identifier, user name or address')), ''),
      state: v.optional(v.picklist(['online', 'offline'])),
      sort: v.optional(v.picklist(CLIENT_ORDERS), 'id'),
      order: v.optional(v.picklist(['asc', 'desc']), 'asc'),
      limit: inQuery(1, 1000, 200, 'rows of a page'),
      offset: inQuery(0, 10_000_000, 0, 'rows before the page'),
    }),
    ({ source, input }) => clientsAnswer(source.broker, source.book, { ...input, state: input.state ?? null }),
  ),
  route('get', 'client', 'viewer', 'One session: subscriptions, queue, in flight, will.', 'ClientAnswer', v.strictObject({ id: Id }), ({ source, input }) =>
    clientAnswer(sessionOf(source.broker, input.id), source.book, source.broker.clock.now()),
  ),
  route(
    'post',
    'client/disconnect',
    'operator',
    'Ends the connection of a client; its will is published.',
    'ActionAnswer',
    v.strictObject({ id: Id, reasonCode: v.optional(v.picklist(DISCONNECT_CODES), 0x98) }),
    ({ source, input, audit }) => {
      audit(`disconnected client ${input.id} with Reason Code 0x${input.reasonCode.toString(16)}`)
      return disconnect(sessionOf(source.broker, input.id), input.reasonCode)
    },
  ),
  route('post', 'client/drop', 'operator', 'Ends a session and its connection.', 'ActionAnswer', v.strictObject({ id: Id }), ({ source, input, audit }) => {
    audit(`dropped the session of client ${input.id}`)
    return dropSession(source.broker, sessionOf(source.broker, input.id))
  }),
  route(
    'post',
    'client/subscribe',
    'operator',
    'Subscribes in the name of a client, by its rights.',
    'ActionAnswer',
    v.strictObject({
      id: Id,
      filter: Filter,
      qos: v.optional(QosValue, 0),
      noLocal: v.optional(v.boolean(), false),
      retainAsPublished: v.optional(v.boolean(), false),
      retainHandling: v.optional(QosValue, 0),
    }),
    ({ source, input, audit }) => {
      audit(`subscribed client ${input.id} to ${input.filter}`)
      return subscribeFor(source.broker, sessionOf(source.broker, input.id), input)
    },
  ),
  route(
    'post',
    'client/unsubscribe',
    'operator',
    'Ends a subscription of a client.',
    'ActionAnswer',
    v.strictObject({ id: Id, filter: Filter }),
    ({ source, input, audit }) => {
      audit(`unsubscribed client ${input.id} from ${input.filter}`)
      return unsubscribeFor(source.broker, sessionOf(source.broker, input.id), input.filter)
    },
  ),
  route(
    'get',
    'retained',
    'viewer',
    'Retained messages that match a filter: how many, and some of their topics.',
    'RetainedAnswer',
    v.strictObject({ filter: Filter }),
    ({ source, input }) => retainedAnswer(source.broker, input.filter),
  ),
  route('get', 'retained/message', 'viewer', 'One retained message.', 'RetainedMessageAnswer', v.strictObject({ topic: Topic }), ({ source, input }) =>
    retainedMessage(source, input.topic),
  ),
  route(
    'post',
    'retained/delete',
    'operator',
    'Deletes the retained messages that match a filter.',
    'DeletedAnswer',
    v.strictObject({ filter: Filter }),
    ({ source, input, audit }) => {
      audit(`deleted the retained messages of ${input.filter}`)
      return deleteRetained(source.broker, input.filter)
    },
  ),
  route(
    'post',
    'access',
    'operator',
    'Whether a client would be allowed to do something, and which line decides.',
    'AccessAnswer',
    v.strictObject({
      client: Id,
      user: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(65_535)))),
      action: v.picklist(['publish', 'receive', 'subscribe'] satisfies readonly AccessAction[]),
      topic: v.pipe(v.string(), v.minLength(1), v.maxLength(65_535), v.description('Topic Name; a Topic Filter for subscribe')),
      listenerPort: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
    }),
    ({ source, input }) => {
      if (input.action === 'subscribe' ? !isTopicFilter(input.topic) : !isTopicName(input.topic))
        throw new ApiError(
          400,
          input.action === 'subscribe' ? 'This is not a valid Topic Filter.' : 'This is not a valid Topic Name: names are not empty and have no wildcards.',
        )
      return accessAnswer(source.broker, source.listeners(), input)
    },
  ),
  route(
    'post',
    'dynsec',
    'admin',
    'Commands of dynamic security, as its control topic takes them: users, groups, roles, defaults.',
    'DynsecAnswer',
    v.strictObject({
      commands: v.pipe(v.array(v.looseObject({ command: v.pipe(v.string(), v.maxLength(100)) })), v.minLength(1), v.maxLength(1000)),
      listenerPort: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
    }),
    ({ source, input, audit }) => {
      audit(`asked dynamic security for ${[...new Set(input.commands.map(({ command }) => command))].join(', ')}`)
      return dynsecAnswer(source.listeners(), input)
    },
  ),
  route('get', 'faults', 'operator', 'Faults in force, and the packets that faults have acted on.', 'FaultsAnswer', Nothing, ({ source }) =>
    source.faults.answer(),
  ),
  route(
    'post',
    'faults',
    'admin',
    'Loses, delays, repeats packets or breaks connections, from now on.',
    'FaultRow',
    Fault,
    async ({ source, input, audit }) => {
      const fault = await source.faults.add(input)
      audit(`set fault ${fault.id}: ${fault.words.slice(0, -1)}`)
      return fault
    },
  ),
  route(
    'post',
    'faults/remove',
    'admin',
    'Takes a fault out; what it holds back goes on.',
    'ActionAnswer',
    v.strictObject({ id: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    ({ source, input, audit }) => {
      const removed = source.faults.remove(input.id)
      audit(`removed fault ${input.id}`)
      return removed
    },
  ),
  route('post', 'faults/clear', 'admin', 'Takes all faults out.', 'ActionAnswer', Nothing, ({ source, audit }) => {
    audit('removed all faults')
    return source.faults.clear()
  }),
  route(
    'post',
    'why',
    'viewer',
    'Why a client got a message.',
    'WhyAnswer',
    v.strictObject({
      client: Id,
      topic: Topic,
      publishedQos: v.optional(QosValue),
      qos: v.optional(QosValue),
      retain: v.optional(v.boolean()),
      dup: v.optional(v.boolean()),
      publisher: v.optional(Id),
    }),
    ({ source, input }) => {
      if (!isTopicName(input.topic)) throw new ApiError(400, 'This is not a valid Topic Name: names are not empty and have no wildcards.')
      return whyAnswer(source.broker, source.listeners(), sessionOf(source.broker, input.client), input)
    },
  ),
]

function brokerAnswer(source: AdminSource): BrokerAnswer {
  const { broker, version, startedAt, wallClock, ring, ringOrigin } = source
  const now = wallClock()
  const { subscriptions, sharedSubscriptions } = broker.counters
  return {
    name: 'zanzara',
    version,
    pid: process.pid,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    startedAt,
    now,
    uptimeSeconds: Math.floor((now - startedAt) / 1000),
    connected: broker.connectedCount,
    sessions: broker.sessionCount,
    retained: broker.retainedCount,
    subscriptions,
    sharedSubscriptions,
    counters: { ...broker.counters, bytesSent: source.bytesSent() },
    capture: {
      budgetBytes: ring.budgetBytes,
      usedBytes: ring.usedBytes,
      events: ring.events,
      since: ring.since === null ? null : ringOrigin + ring.since,
      readers: source.streams(),
    },
    listeners: source.listeners().map((listener): ListenerRow => {
      const { transport = 'tcp', host = '127.0.0.1', path = null, websocket } = listener.given
      const isHttpOnly = websocket?.paths?.length === 0
      return {
        transport: isHttpOnly ? (transport === 'wss' ? 'https' : 'http') : transport,
        host,
        port: listener.port,
        path: transport === 'unix' ? path : null,
        connections: listener.sockets.reduce((sum, { connections }) => sum + connections, 0),
        mountPoint: listener.rules.mountPoint,
        hasConsole: source.hasConsole(listener),
        hasDynsec: dynsecOf(listener) !== null,
        certificate: certificateOf(listener.tls),
      }
    }),
    turns: source.turns.answer(),
  }
}

function sysAnswer({ broker }: AdminSource): SysAnswer {
  const values: Record<string, string> = {}
  const now = broker.clock.now()
  const cursor = broker.retained.cursor('$SYS/#')
  for (let found = cursor.next(now, Infinity); found !== null; found = cursor.next(now, Infinity)) {
    const { payload } = messageOf(retainedRun(found, now, new PublishRun()))
    values[found.topicName] = Buffer.from(payload).toString()
  }
  return { interval: broker.limits.sysInterval, values }
}

function retainedMessage({ broker }: AdminSource, topic: string): RetainedMessageAnswer {
  if (!isTopicName(topic)) throw new ApiError(400, 'This is not a valid Topic Name: names are not empty and have no wildcards.')
  const now = broker.clock.now()
  const cursor = broker.retained.cursor(topic)
  let answer: RetainedMessageAnswer | null = null
  for (let found = cursor.next(now, Infinity); found !== null; found = cursor.next(now, Infinity)) {
    const { payload, qos } = messageOf(retainedRun(found, now, new PublishRun()))
    answer = { topic, qos, payload: Buffer.from(payload).toString('base64'), client: found.clientId, user: found.userName }
  }
  if (answer === null) throw new ApiError(404, 'This topic has no retained message.')
  return answer
}

async function configAnswer({ configuration }: AdminSource): Promise<ConfigAnswer> {
  const { files, sections } = await configuration()
  const told = sections.map(({ kind, title, options }) => ({
    kind,
    title,
    options: options.map(({ name, value, at, meaning }) => ({ name, value, origin: at === null ? null : placeOf(at), meaning })),
  }))
  return { files, sections: told }
}
