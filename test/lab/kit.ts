// The lab's exercises speak to clients through this: the same steps for our own commands, MQTT.js and Debian's.
// A subscriber is ready when its SUBACK has come; everything is waited for, nothing slept for.

export type Version = '311' | '5'

/** A way into the broker. */
export interface Door {
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly port: number
  /** File name of the authority that the broker's certificate can be checked with. */
  readonly cafile: string
}

export interface LabMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
}

export interface LabWill {
  readonly topic: string
  readonly payload: string
  readonly qos?: number
  readonly retain?: boolean
}

export interface PublishOptions {
  readonly version: Version
  readonly topic: string
  /** Empty = a message of no bytes. */
  readonly message: string
  readonly qos?: number
  readonly retain?: boolean
  readonly id?: string
  readonly will?: LabWill
}

export interface SubscribeOptions {
  readonly version: Version
  readonly topics: readonly string[]
  readonly qos?: number
  readonly id?: string
  /** A session that is kept: needs `id`. */
  readonly persistent?: boolean
  readonly will?: LabWill
}

export interface Subscriber {
  /** Waits until there are `count` messages in all, and returns them. */
  received(count: number): Promise<readonly LabMessage[]>
  /** What has come until now. */
  readonly messages: readonly LabMessage[]
  /** Leaves with DISCONNECT. */
  stop(): Promise<void>
  /** The connection breaks without a word. */
  kill(): Promise<void>
}

export interface Kit {
  readonly name: string
  readonly transports: readonly Door['transport'][]
  /** Connects, publishes one message, waits for its acknowledgements, disconnects. */
  publish(door: Door, options: PublishOptions): Promise<void>
  subscribe(door: Door, options: SubscribeOptions): Promise<Subscriber>
}

/** Waits, at most five seconds, until `isTrue`; `again` calls the given function whenever it may have become so. */
export class Condition {
  #waiting: (() => void)[] = []

  changed(): void {
    for (const look of this.#waiting.slice()) look()
  }

  async until(isTrue: () => boolean, explain: () => string): Promise<void> {
    if (isTrue()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => finish(new Error(`waited 5 s in vain: ${explain()}`)), 5000)
      const finish = (error: Error | null): void => {
        clearTimeout(timer)
        this.#waiting = this.#waiting.filter((other) => other !== look)
        if (error === null) resolve()
        else reject(error)
      }
      const look = (): void => {
        if (isTrue()) finish(null)
      }
      this.#waiting.push(look)
    })
  }
}
