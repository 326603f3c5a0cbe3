// The authorisers of all listeners, as far as what was remembered of their answers is concerned: one generation for all of them.
// Who is asked about a client is its session's affair (listener-rules.ts).

import type { FaultLog } from './fault-log.ts'
import type { Authorizer, Permission } from './ports.ts'

/** Of brokers whose listeners have the same authoriser: never written to. */
const NO_OTHERS: Authorizer[] = []

export class Authorizers {
  readonly #first: Authorizer
  readonly #faults: FaultLog
  #others: Authorizer[] = NO_OTHERS

  constructor(first: Authorizer, faults: FaultLog) {
    this.#first = first
    this.#faults = faults
  }

  /** Changes whenever an answer of any of them may have changed; never decreases. */
  get generation(): number {
    return this.#others === NO_OTHERS ? this.#first.generation : this.#sum()
  }

  #sum(): number {
    let sum = this.#first.generation
    for (const { generation } of this.#others) sum += generation
    return sum
  }

  /**
   * A question about somebody while nobody's packet, or somebody else's, is being handled: an authoriser that throws instead of answering
   * has said no, for the exception would end a connection that has nothing to do with it.
   */
  ask(clientId: string, question: () => Permission): Permission {
    return this.#faults.attempt<Permission>(question, 'uncacheable-deny', `the authoriser failed, and ${clientId} was refused`)
  }

  /** One more that may have been asked; does nothing when it is known. */
  add(authorizer: Authorizer): void {
    if (authorizer === this.#first || this.#others.includes(authorizer)) return
    this.#others = [...this.#others, authorizer]
  }
}
