// Bytes per second of one client, from answer to answer: the last minute or so.
// A new connection begins anew.

import { useRef } from 'preact/hooks'
import type { ClientAnswer } from '../../../server/admin/api-types.ts'

const POINTS = 60

/** Bytes per second, the newest last; both of the same length. */
export interface Traffic {
  readonly fromClient: readonly number[]
  readonly toClient: readonly number[]
}

interface Seen {
  answer: ClientAnswer
  at: number
  traffic: Traffic
}

export function useTraffic(answer: ClientAnswer | null): Traffic {
  const seen = useRef<Seen | null>(null)
  const before = seen.current
  if (answer !== null && before?.answer !== answer) {
    const at = performance.now()
    seen.current = { answer, at, traffic: before === null ? NOTHING : nextTraffic(before.traffic, before.answer, answer, (at - before.at) / 1000) }
  }
  return seen.current?.traffic ?? NOTHING
}

const NOTHING: Traffic = { fromClient: [], toClient: [] }

/** `seconds` from one answer to the next. */
export function nextTraffic({ fromClient, toClient }: Traffic, { client: old }: ClientAnswer, { client }: ClientAnswer, seconds: number): Traffic {
  if (client.connectedAt !== old.connectedAt || client.bytesIn < old.bytesIn) return NOTHING
  const rate = (now: number, then: number): number => (seconds > 0 ? (now - then) / seconds : 0)
  return {
    fromClient: [...fromClient, rate(client.bytesIn, old.bytesIn)].slice(-POINTS),
    toClient: [...toClient, rate(client.bytesOut, old.bytesOut)].slice(-POINTS),
  }
}
