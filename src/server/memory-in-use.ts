// Bytes of memory in use, as `memory_limit` means them: what can be collected does not count.
// V8's figures hold garbage, and a broker that takes nothing in makes none and so would not collect any: over the limit, it is asked to.

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Milliseconds between two collections at least, and how many times its own duration. */
const [LEAST_BETWEEN, TIMES_ITS_DURATION] = [1000, 20]

export interface MemoryPorts {
  /** Bytes, garbage included. */
  measure(): number
  collect(): void
  /** Milliseconds, monotonic. */
  now(): number
}

export class MemoryInUse {
  readonly #limit: () => number
  readonly #ports: MemoryPorts
  #nextAt = -Infinity

  /** `limit` in bytes; 0 = none, then nothing is ever collected here. */
  constructor(limit: () => number, ports: MemoryPorts) {
    this.#limit = limit
    this.#ports = ports
  }

  /** May take as long as a collection when that is over the limit: at most a twentieth of the time. */
  bytes(): number {
    const { measure, collect, now } = this.#ports
    const used = measure()
    const limit = this.#limit()
    const begin = now()
    if (limit === 0 || used <= limit || begin < this.#nextAt) return used
    collect()
    const end = now()
    this.#nextAt = end + Math.max(LEAST_BETWEEN, (end - begin) * TIMES_ITS_DURATION)
    return measure()
  }
}

/** Those of this process. */
export function processMemory(now: () => number): MemoryPorts {
  let collector: (() => void) | null = null
  return {
    measure: () => {
      const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics()
      return objects + buffers
    },
    collect: () => {
      collector ??= exposeCollector()
      collector()
    },
    now,
  }
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
