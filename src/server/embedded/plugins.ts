// The plugins of a running broker, in the order they came: who is asked, what their answers mean, what becomes of their faults.
// Hooks that nobody has cost nothing: lists are made when a plugin comes or goes, and what nobody wants is null.

import type { FaultLog } from '../../broker/fault-log.ts'
import type { Interception } from '../../broker/interception.ts'
import type { Session } from '../../broker/session.ts'
import { UsageError } from '../../wire/errors.ts'
import type { Qos, SubscriptionRequest } from '../../wire/mqtt/packet.ts'
import type { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { ReasonCode } from '../../wire/mqtt/reason-codes.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { ClientInfo, CloseReason, Decision, PacketEvent, Plugin } from './plugin.ts'
import { changedMessage, encodedRun, messageOf } from './published-message.ts'

type Hook = Exclude<keyof Plugin, 'name' | 'setup'>
type With<H extends Hook> = Plugin & Required<Pick<Plugin, H>>

const HOOKS: readonly Hook[] = ['onConnect', 'onAuthorize', 'onPublish', 'onSubscribe', 'onPacket', 'onClose']

export class Plugins {
  /** For the broker. */
  readonly interception: { -readonly [K in keyof Interception]: Interception[K] } = { publish: null, subscribe: null }
  /** Changes when answers about permissions may have changed; never decreases. */
  generation = 0
  readonly #faults: FaultLog
  readonly #directory: () => ClientDirectory
  readonly #changed: (watchesPackets: boolean) => void
  readonly #maximumLevels: () => number
  #all: readonly Plugin[] = []
  #with: { readonly [H in Hook]: readonly With<H>[] } = { onConnect: [], onAuthorize: [], onPublish: [], onSubscribe: [], onPacket: [], onClose: [] }

  /** `changed` is told whether some plugin wants packets, when plugins come and go. */
  constructor(faults: FaultLog, directory: () => ClientDirectory, maximumLevels: () => number, changed: (watchesPackets: boolean) => void) {
    this.#faults = faults
    this.#directory = directory
    this.#maximumLevels = maximumLevels
    this.#changed = changed
  }

  /** From now on, after those that are there. @throws UsageError for what is no plugin, or one that is in use */
  add(plugin: Plugin): void {
    checkPlugin(plugin)
    if (this.#all.includes(plugin)) throw new UsageError(`plugin ${plugin.name} is in use already`)
    this.#set([...this.#all, plugin])
  }

  /** Harmless when it is not there. */
  remove(plugin: Plugin): void {
    if (this.#all.includes(plugin)) this.#set(this.#all.filter((other) => other !== plugin))
  }

  #set(all: readonly Plugin[]): void {
    const having = <H extends Hook>(hook: H): readonly With<H>[] => all.filter((plugin) => plugin[hook] !== undefined) as unknown as With<H>[]
    this.#all = all
    this.#with = {
      onConnect: having('onConnect'),
      onAuthorize: having('onAuthorize'),
      onPublish: having('onPublish'),
      onSubscribe: having('onSubscribe'),
      onPacket: having('onPacket'),
      onClose: having('onClose'),
    }
    this.generation++
    this.interception.publish = this.#with.onPublish.length === 0 ? null : (session, run) => this.#publish(session, run)
    this.interception.subscribe = this.#with.onSubscribe.length === 0 ? null : (session, request) => this.#subscribe(session, request)
    this.#changed(this.#with.onPacket.length > 0)
  }

  /** Whether some plugin has the hook. */
  want(hook: Hook): boolean {
    return this.#with[hook].length > 0
  }

  /** Something that a plugin was to do on its own has failed. */
  failed(plugin: Plugin, what: string, error: unknown): void {
    this.#faults.tell(`plugin ${plugin.name} failed in ${what}`, error)
  }

  /** Whether a client may come in: answers at once as long as the plugins do. */
  connect(client: ClientInfo, password: Uint8Array | null): Decision | Promise<Decision> {
    const asked = this.#with.onConnect
    for (let i = 0; i < asked.length; i++) {
      const answer = this.#attempt<Decision | Promise<Decision>>(asked[i]!, 'onConnect', client, () => asked[i]!.onConnect(client, password), 'deny')
      if (answer instanceof Promise) return this.#connectLater(asked, i, answer, client, password)
      const decision = this.#decision(asked[i]!, 'onConnect', client, answer)
      if (decision !== 'next') return decision
    }
    return 'next'
  }

  async #connectLater(
    asked: readonly With<'onConnect'>[],
    first: number,
    answer: Promise<Decision>,
    client: ClientInfo,
    password: Uint8Array | null,
  ): Promise<Decision> {
    for (let i = first; i < asked.length; i++) {
      const plugin = asked[i]!
      try {
        const decision = this.#decision(plugin, 'onConnect', client, await (i === first ? answer : plugin.onConnect(client, password)))
        if (decision !== 'next') return decision
      } catch (error) {
        this.#faults.tell(refusalBy(plugin, 'onConnect', client), error)
        return 'deny'
      }
    }
    return 'next'
  }

  authorize(client: ClientInfo, action: 'publish' | 'subscribe' | 'deliver', topic: string): Decision {
    for (const plugin of this.#with.onAuthorize) {
      const answer = this.#attempt<Decision>(plugin, 'onAuthorize', client, () => plugin.onAuthorize(client, action, topic), 'deny')
      const decision = this.#decision(plugin, 'onAuthorize', client, answer)
      if (decision !== 'next') return decision
    }
    return 'next'
  }

  packet(event: PacketEvent): void {
    for (const plugin of this.#with.onPacket) this.#tell(plugin, 'onPacket', () => plugin.onPacket(event))
  }

  closed(client: ClientInfo, why: CloseReason): void {
    for (const plugin of this.#with.onClose) this.#tell(plugin, 'onClose', () => plugin.onClose(client, why))
  }

  #publish(session: Session, run: PublishRun): PublishRun | number {
    const client = this.#directory().infoOf(session)
    const original = messageOf(run)
    let message = original
    for (const plugin of this.#with.onPublish) {
      let code: number = ReasonCode.NotAuthorized
      const changed = this.#attempt<typeof message | null>(
        plugin,
        'onPublish',
        client,
        () => {
          code = ReasonCode.ImplementationSpecificError
          const answer = plugin.onPublish(message, client)
          noPromise(answer)
          const result = answer === undefined || answer === message ? message : answer === false ? null : changedMessage(message, answer, this.#maximumLevels())
          code = ReasonCode.NotAuthorized
          return result
        },
        null,
      )
      if (changed === null) return code
      message = changed
    }
    return message === original ? run : encodedRun(message)
  }

  #subscribe(session: Session, request: SubscriptionRequest): number {
    const directory = this.#directory()
    let { qos } = request
    if (directory.isOwn(session)) return qos
    const client = directory.infoOf(session)
    for (const plugin of this.#with.onSubscribe) {
      const answer = this.#attempt<number>(
        plugin,
        'onSubscribe',
        client,
        () => {
          const given = plugin.onSubscribe(client, request.topicFilter, qos)
          noPromise(given)
          if (given === false) return ReasonCode.NotAuthorized
          const granted: unknown = given?.qos ?? qos
          if (granted !== 0 && granted !== 1 && granted !== 2) throw new UsageError(`QoS ${String(granted)} is none: answer 0, 1 or 2`)
          return granted
        },
        ReasonCode.ImplementationSpecificError,
      )
      if (answer >= 0x80) return answer
      qos = Math.min(qos, answer) as Qos
    }
    return qos
  }

  #attempt<T>(plugin: Plugin, hook: Hook, client: ClientInfo, question: () => T, refusal: T): T {
    return this.#faults.attempt(question, refusal, refusalBy(plugin, hook, client))
  }

  /** Nothing at all means `next`. */
  #decision(plugin: Plugin, hook: Hook, client: ClientInfo, answer: unknown): Decision {
    if (answer === 'allow' || answer === 'deny' || answer === 'next') return answer
    if (answer === undefined) return 'next'
    if (answer instanceof Promise) answer.catch(() => {})
    const found = answer instanceof Promise ? 'a promise, which only onConnect may give' : String(answer)
    this.#faults.tell(refusalBy(plugin, hook, client), new UsageError(`the answer was ${found}: answer 'allow', 'deny' or 'next'`))
    return 'deny'
  }

  /** Nobody waits for the answer; a promise may fail, too. */
  #tell(plugin: Plugin, hook: Hook, hand: () => unknown): void {
    try {
      const answer = hand()
      if (answer instanceof Promise) answer.catch((error: unknown) => this.failed(plugin, hook, error))
    } catch (error) {
      this.failed(plugin, hook, error)
    }
  }
}

function refusalBy(plugin: Plugin, hook: Hook, { id }: ClientInfo): string {
  return `plugin ${plugin.name} failed in ${hook}, and ${id === '' ? 'a client' : id} was refused`
}

function noPromise(answer: unknown): void {
  if (!(answer instanceof Promise)) return
  answer.catch(() => {})
  throw new UsageError('the answer was a promise, which only onConnect may give')
}

function checkPlugin(plugin: Plugin): void {
  if (typeof plugin !== 'object' || plugin === null || typeof plugin.name !== 'string') throw new UsageError('a plugin is an object with a name and hooks')
  for (const hook of [...HOOKS, 'setup'] as const) {
    const type = typeof plugin[hook]
    if (type !== 'undefined' && type !== 'function') throw new UsageError(`plugin ${plugin.name}: ${hook} is a ${type}, not a function`)
  }
}
