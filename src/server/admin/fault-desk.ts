// The faults that administrators set on the running broker: set, told, removed; each leaves a line in the log when it strikes.
// What bends connections (faults/) is loaded with the first fault; while there is none, links are as if it did not exist.

import type { Log } from '../../base/log.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Fault, FaultOptions } from '../../faults/fault.ts'
import type { Faults } from '../../faults/faults.ts'
import type { LivePacket } from '../../faults/live-witness.ts'
import type { PassingPacket } from '../../faults/passing-packet.ts'
import type { LinkFaults } from '../../net/link-faults.ts'
import { escapeControls } from '../log-destinations.ts'
import { ApiError } from './api-error.ts'
import type { ActionAnswer, FaultAction, FaultFacts, FaultRow, FaultStrike, FaultsAnswer } from './api-types.ts'
import { faultSentence, strikeSentence } from './fault-words.ts'
import { knownConnections } from './known-connections.ts'

const MOST_FAULTS = 64
const MOST_STRIKES = 256
/** The first strikes of a fault are told in the log one by one; later ones when their number has grown tenfold. */
const TOLD_ONE_BY_ONE = 10

/** Options that go with one action only. */
const OPTIONS_OF: readonly { readonly name: 'ms' | 'jitterMs' | 'copies' | 'at' | 'cut'; readonly action: FaultAction }[] = [
  { name: 'ms', action: 'delay' },
  { name: 'jitterMs', action: 'delay' },
  { name: 'copies', action: 'duplicate' },
  { name: 'at', action: 'cut' },
  { name: 'cut', action: 'drop' },
]

/** A fault as it is asked for: what is not given is undefined. */
export type WantedFault = { readonly [Name in keyof FaultFacts]?: FaultFacts[Name] | undefined } & Pick<FaultFacts, 'action'>

export interface FaultDeskOptions {
  readonly broker: Broker
  readonly log: Log
  /** Puts faults on all links, or takes them off again; null = whoever started the broker has faults of its own. */
  readonly bend: ((faults: LinkFaults | null) => void) | null
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
}

interface SetFault {
  readonly id: number
  readonly facts: FaultFacts
  readonly words: string
  readonly setAt: number
}

export class FaultDesk {
  readonly #options: FaultDeskOptions
  /** Null while links are not bent. */
  #engine: Faults | null = null
  readonly #set = new WeakMap<Fault, SetFault>()
  #strikes: FaultStrike[] = []
  #lastId = 0
  #lastStrike = 0

  constructor(options: FaultDeskOptions) {
    this.#options = options
  }

  answer(): FaultsAnswer {
    const faults = this.#all.map((fault) => this.#rowOf(fault))
    return { faults, strikes: this.#strikes, unbentClients: this.#engine?.unbentClients ?? 0 }
  }

  /** Sets one; it acts from now on, on connections that are open, too. Rejects with ApiError. */
  async add(wanted: WantedFault): Promise<FaultRow> {
    const { bend, wallClock } = this.#options
    if (bend === null) throw new ApiError(400, 'The program that runs this broker sets faults itself.')
    const facts = factsOf(wanted)
    const [{ Faults }, { LiveWitness }] = await Promise.all([import('../../faults/faults.ts'), import('../../faults/live-witness.ts')])
    if (this.#all.length >= MOST_FAULTS) throw new ApiError(400, `${MOST_FAULTS} faults are in force: remove one first.`)
    const engine = this.#engine ?? this.#newEngine(Faults, LiveWitness)
    let fault: Fault
    try {
      fault = addTo(engine, facts)
    } catch (error) {
      if ((error as Error).name !== 'FilterError' && (error as Error).name !== 'UsageError') throw error
      throw new ApiError(400, (error as Error).message)
    }
    this.#set.set(fault, { id: ++this.#lastId, facts, words: faultSentence(facts), setAt: wallClock() })
    this.#engine = engine
    bend(engine)
    return this.#rowOf(fault)
  }

  /** @throws ApiError 404 */
  remove(id: number): ActionAnswer {
    const fault = this.#all.find((one) => this.#set.get(one)?.id === id)
    if (fault === undefined) throw new ApiError(404, `There is no fault ${id}: it has struck as often as it might, or was removed.`)
    fault.remove()
    return { done: true, message: `Fault ${id} is gone; what it held back goes on.` }
  }

  clear(): ActionAnswer {
    const count = this.#all.length
    this.#engine?.clear()
    return { done: count > 0, message: count === 0 ? 'There was no fault.' : `${count} faults are gone; what they held back goes on.` }
  }

  get #all(): readonly Fault[] {
    return this.#engine?.all ?? []
  }

  #newEngine(made: typeof Faults, witness: typeof import('../../faults/live-witness.ts').LiveWitness): Faults {
    const { broker, bend } = this.#options
    const timers = { now: () => performance.now(), after: (ms: number, action: () => void) => void setTimeout(action, ms).unref() }
    const engine: Faults = new made(new witness(knownConnections(broker), nanoseconds), timers, {
      struck: (fault, packet) => this.#struck(fault, packet),
      idle: () => {
        if (this.#engine !== engine) return
        this.#engine = null
        bend?.(null)
      },
    })
    return engine
  }

  #struck(fault: Fault, packet: PassingPacket): void {
    const { id, facts } = this.#set.get(fault)!
    const { from, type, client, topic, packetId, info, fate } = packet as LivePacket
    const told: FaultStrike = {
      number: ++this.#lastStrike,
      fault: id,
      time: performance.timeOrigin + performance.now(), // the clock of the ring of packets
      client,
      from,
      type,
      packetId,
      topic,
      info,
      fate: fate as FaultStrike['fate'],
      isLost: fate === 'dropped' || fate === 'silenced' || (fate === 'cut' && facts.at !== 'after'),
    }
    this.#strikes = [...this.#strikes.slice(-(MOST_STRIKES - 1)), told]
    const { hits } = fault
    if (hits > TOLD_ONE_BY_ONE && !/^10*$/.test(String(hits))) return
    const many = hits > TOLD_ONE_BY_ONE ? ` (its ${hits}th strike)` : ''
    this.#options.log.write('notice', `Console: ${escapeControls(strikeSentence(told))}${many}.`, client === null ? {} : { client })
  }

  #rowOf(fault: Fault): FaultRow {
    const { id, facts, words, setAt } = this.#set.get(fault)!
    return { id, ...facts, words, setAt, hits: fault.hits, matches: fault.matches }
  }
}

/** @throws ApiError 400 for options that do not go together */
function factsOf(wanted: WantedFault): FaultFacts {
  const { action, ms } = wanted
  for (const option of OPTIONS_OF)
    if (wanted[option.name] !== undefined && action !== option.action) throw new ApiError(400, `${option.name} goes with ${option.action}, not with ${action}.`)
  if (action === 'delay' && ms === undefined) throw new ApiError(400, 'A delay needs ms: milliseconds.')
  const { filter, from, client, topic, times, nth, every, jitterMs, copies, at, cut } = wanted
  return {
    action,
    filter: filter ?? '',
    from: from ?? null,
    client: client ?? null,
    topic: topic ?? null,
    times: times ?? null,
    nth: nth ?? null,
    every: every ?? null,
    ms: ms ?? null,
    jitterMs: jitterMs ?? null,
    copies: copies ?? null,
    at: at ?? null,
    cut: cut ?? null,
  }
}

/** @throws FilterError, UsageError */
function addTo(engine: Faults, { action, filter, ms, jitterMs, copies, at, cut, ...which }: FaultFacts): Fault {
  const { from, client, topic, times, nth, every } = which
  const options = Object.fromEntries(Object.entries({ from, client, topic, times, nth, every }).filter(([, value]) => value !== null)) as FaultOptions
  switch (action) {
    case 'drop':
      return engine.drop(filter, cut === null ? options : { ...options, cut })
    case 'delay':
      return engine.delay(filter, ms ?? 0, { ...options, jitterMs: jitterMs ?? 0 })
    case 'duplicate':
      return engine.duplicate(filter, { ...options, copies: copies ?? 1 })
    case 'cut':
      return engine.cut(filter, { ...options, at: at ?? 'before' })
    case 'silence':
      return engine.silence(filter, options)
  }
}

/** Since 1970. */
function nanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
}
