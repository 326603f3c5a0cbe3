// The bridges of a running broker: opens them after its listeners, follows a reload, closes them before it stops.
// One bridge is bridge/bridge.ts; here it gets sockets, timers and the rules that hold for it on our broker.

import type { Log } from '../base/log.ts'
import { Bridge, type BridgeHost, type BridgeOptions } from '../bridge/bridge.ts'
import type { BridgeSettings } from '../bridge/bridge-settings.ts'
import type { BridgeStatus } from '../bridge/bridge-status.ts'
import type { Broker } from '../broker/broker.ts'
import type { Limits } from '../broker/limits.ts'
import type { ListenerRules } from '../broker/listener-rules.ts'
import { ADMIT_ALL, type Authorizer, PERMIT_ALL } from '../broker/ports.ts'
import { nodeTimers } from '../client/node.ts'
import { type DialTarget, dial } from '../net/dial.ts'
import type { NetContext } from '../net/net-context.ts'

/** Milliseconds that the other brokers have to take our goodbye. */
const GOODBYE = 1000

/** What would end the bridge's own connection: it looks at the broker's limits before it hands a message on, and carries those of many clients. */
const WITHOUT_LIMIT: Partial<Limits> = {
  maximumPacketSize: 268_435_460,
  maximumQos: 2,
  retainAvailable: true,
  maximumPublishRate: 0,
  maximumPublishBytesRate: 0,
}

/** One bridge to open. */
export interface BrokerBridge {
  readonly settings: BridgeSettings
  /** How one of its addresses is dialled. */
  target(address: BridgeSettings['addresses'][number]): DialTarget
  /** Asked for what `localUserName` may do on our broker; that of the broker unless given. */
  readonly authorizer?: Authorizer
}

/** One bridge as it is now. */
export interface BridgeLook extends BridgeStatus {
  readonly isTls: boolean
}

interface Open {
  readonly bridge: Bridge
  isTls: boolean
  /** What it was opened with, to see what a reload changes. */
  as: string
  localClientId: string
}

export class OpenBridges {
  readonly #context: NetContext
  readonly #broker: Broker
  readonly #host: BridgeHost
  readonly #open = new Map<string, Open>()
  /** By name, user and start type: the broker keeps what it once knew. */
  readonly #rules = new Map<string, ListenerRules>()

  constructor(context: NetContext, broker: Broker, log: Log) {
    this.#context = context
    this.#broker = broker
    this.#host = { timers: nodeTimers, random: Math.random, log, later: queueMicrotask }
  }

  /** Those with a connection. */
  get connected(): number {
    return [...this.#open.values()].filter(({ bridge }) => bridge.isConnected).length
  }

  /** All of them, in the order in which they were opened. */
  look(): BridgeLook[] {
    return [...this.#open.values()].map(({ bridge, isTls }) => ({ ...bridge.status(), isTls }))
  }

  /** Opens what is new, ends what is not named any more, and tells the others what has changed. */
  become(wanted: readonly BrokerBridge[]): void {
    const names = new Set(wanted.map(({ settings }) => settings.name))
    const sessions = new Set(wanted.map(({ settings }) => settings.localClientId))
    for (const [name, { bridge, localClientId }] of this.#open) {
      if (names.has(name)) continue
      this.#open.delete(name)
      void bridge.close(!sessions.has(localClientId)) // unless a bridge of another name has the session now
    }
    for (const bridge of wanted) this.#become(bridge)
  }

  /** Says goodbye to the other brokers. */
  async close(): Promise<void> {
    const bridges = [...this.#open.values()].map(({ bridge }) => bridge.close())
    this.#open.clear()
    if (bridges.length === 0) return
    let timer: NodeJS.Timeout | null = null
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GOODBYE)))
    await Promise.race([Promise.all(bridges), late])
    clearTimeout(timer!)
  }

  #become(wanted: BrokerBridge): void {
    const { settings } = wanted
    const target = wanted.target(settings.addresses[0]!)
    const isTls = target.transport === 'tls'
    const as = JSON.stringify([settings, target], (key, value: unknown) => (key === 'settings' ? undefined : value))
    const known = this.#open.get(settings.name)
    const options = this.#optionsOf(wanted)
    if (known === undefined) {
      const bridge = new Bridge(options, this.#host)
      this.#open.set(settings.name, { bridge, isTls, as, localClientId: settings.localClientId })
      bridge.start()
    } else if (known.as !== as) {
      known.as = as
      known.isTls = isTls
      known.localClientId = settings.localClientId
      known.bridge.change(options)
    }
  }

  #optionsOf({ settings, target, authorizer }: BrokerBridge): BridgeOptions {
    const broker = this.#broker
    const rules = this.#rulesOf(settings, authorizer)
    return {
      settings,
      dial: async (address, accept, signal) => {
        try {
          return await dial(this.#context, target(address), accept, signal)
        } catch (error) {
          throw readable(error)
        }
      },
      local: {
        accept: (link) => broker.accept(link, rules),
        session: (clientId) => broker.sessions.get(clientId) ?? null,
        publish: (message) => broker.publish(message),
        limits: broker.limits,
        get isFull() {
          return broker.isFull || broker.isStoreFull
        },
      },
    }
  }

  /** A bridge is part of the broker: nobody asks for its password, and without a user of its own it may do everything. */
  #rulesOf({ name, localUserName }: BridgeSettings, authorizer: Authorizer | undefined): ListenerRules {
    const key = JSON.stringify([name, localUserName])
    let rules = this.#rules.get(key)
    if (rules === undefined) {
      rules = {
        name: `bridge ${name}`,
        limits: { ...this.#broker.limits, ...WITHOUT_LIMIT },
        mountPoint: '',
        userNameAsClientId: false,
        authenticator: ADMIT_ALL,
        authorizer: localUserName === null ? PERMIT_ALL : (authorizer ?? this.#broker.rules.authorizer),
      }
      this.#rules.set(key, rules)
    }
    return rules
  }
}

/** Of OpenSSL's errors the reason, without the places in its sources. */
function readable(error: unknown): unknown {
  const { reason } = error as { readonly reason?: unknown }
  return typeof reason === 'string' && reason !== '' ? new Error(`TLS: ${reason}`, { cause: error }) : error
}
