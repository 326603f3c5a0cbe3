// A subscription of the program around the broker: an ordinary session over a link in memory, one for each, so that none holds up another.
// Buffering and overflow are the client library's (client/subscription.ts).

import type { Peer } from '../../base/link.ts'
import { errorOf, MqttError, reasonHint } from '../../client/errors.ts'
import { nodeTimers } from '../../client/node.ts'
import { Connector, type Dial } from '../../client/reconnect.ts'
import { type SubscribeOptions, Subscription } from '../../client/subscription.ts'
import { waitFor } from '../../client/waiting.ts'
import { type Connect, PacketType, type Qos } from '../../wire/mqtt/packet.ts'
import { reasonName } from '../../wire/mqtt/reason-codes.ts'
import { isTopicFilter } from '../../wire/mqtt/topics.ts'

/** QoS 1 and 2 messages that the broker sends ahead of the reader. */
const AHEAD = 256

export const OWN_PEER: Omit<Peer, 'transport'> & { readonly transport: 'memory' } = {
  transport: 'memory',
  address: '',
  port: 0,
  localPort: 0,
  certificateName: null,
  certificateSubject: null,
  pskIdentity: null,
  tlsVersion: null,
  cipher: null,
}

/** Settles when the broker has granted it. `ended` is told once when the session is gone. Rejects with an MqttError. */
export function subscribeWithin(
  dial: Dial,
  clientId: string,
  filter: string,
  options: SubscribeOptions,
  ended: (subscription: Subscription) => void,
): Promise<Subscription> {
  return waitFor<Subscription>(nodeTimers, `subscribe to '${filter}'`, options, (resolve, reject) => {
    if (!isTopicFilter(filter)) {
      reject(new MqttError('INVALID_ARGUMENT', `Topic Filter '${filter}' is not a valid one`, { hint: '# only as the last level, + only as a whole level' }))
      return () => {}
    }
    const own = new OwnSubscription(dial, clientId, filter, options, { resolve, reject, ended })
    return () => own.leave()
  })
}

interface Waiter {
  resolve(subscription: Subscription): void
  reject(error: Error): void
  ended(subscription: Subscription): void
}

class OwnSubscription {
  readonly #connector: Connector
  readonly #subscription: Subscription
  readonly #gone: Promise<void>

  constructor(dial: Dial, clientId: string, filter: string, options: SubscribeOptions, waiter: Waiter) {
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0, properties = {} } = options
    let tellGone = (): void => {}
    this.#gone = new Promise((resolve) => {
      tellGone = resolve
    })
    const subscription = new Subscription(filter, options, {
      timers: nodeTimers,
      readingChanged: (isFull) => {
        const { connection } = this.#connector
        if (isFull) connection?.pause()
        else connection?.resume()
      },
      leave: () => {
        this.leave()
        return this.#gone
      },
    })
    this.#subscription = subscription
    const nothing = (): void => {}
    this.#connector = new Connector(
      { dial, timers: nodeTimers, random: Math.random, connect: connectOf(clientId), reconnect: null, acknowledge: 'when-accepted' },
      {
        connected: () => void this.#connector.subscribe([{ topicFilter: filter, qos, noLocal, retainAsPublished, retainHandling }], properties),
        suback: ({ reasonCodes: [code] }) => {
          if (code! < 0x80) {
            subscription.granted(code as Qos)
            waiter.resolve(subscription)
            return
          }
          const reason = `subscription to '${filter}' refused: ${reasonName(code!, PacketType.Suback)}`
          waiter.reject(new MqttError('REFUSED', reason, { reasonCode: code!, hint: reasonHint(code!) }))
          this.leave()
        },
        message: (publish, receipt) => subscription.deliver(publish, () => receipt.accept()),
        stopped: (error) => {
          subscription.end(error)
          waiter.reject(error ?? new MqttError('CLOSED', `subscribe to '${filter}': the broker is closed`))
          waiter.ended(subscription)
          tellGone()
        },
        refused: nothing,
        delivered: nothing,
        undelivered: nothing,
        unsuback: nothing,
        drained: nothing,
        disconnected: nothing,
        reauthenticated: nothing,
        closed: nothing,
        waiting: nothing,
      },
    )
    try {
      this.#connector.start()
    } catch (error) {
      waiter.reject(errorOf(error))
    }
  }

  /** Ends the session. A call more than needed does no harm. */
  leave(): void {
    this.#subscription.end(null)
    this.#connector.disconnect()
  }
}

function connectOf(clientId: string): Connect {
  return {
    type: PacketType.Connect,
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAlive: 0,
    clientId,
    will: null,
    userName: null,
    password: null,
    properties: { receiveMaximum: AHEAD },
  }
}
