// One attempt to connect: ended by success, failure, time-out or the caller's signal, whichever comes first.
// What is attempted is dial.ts's affair; whether to try again is the client's.

import type { Socket } from 'node:net'
import type { Link } from '../base/link.ts'

export const CONNECT_TIMEOUT_MS = 30_000
/** One address of several gets this long before the next one is tried; Node's own 250 ms are too few for a far broker. */
const ADDRESS_TIMEOUT_MS = 1000

export interface Attempt {
  /** Call it once connected, with the function that makes the link. Does nothing when the attempt is over. */
  succeed(open: () => Link): void
  fail(error: Error): void
}

/**
 * Runs `begin`, which starts to connect and returns how to give up.
 * @throws the system's error with its code; ETIMEDOUT after `timeoutMs`; the signal's reason
 */
export function attempt(name: string, timeoutMs: number, signal: AbortSignal | undefined, begin: (attempt: Attempt) => () => void): Promise<Link> {
  return new Promise((resolve, reject) => {
    let over = false
    let giveUp = (): void => {}
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`no connection to ${name} within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }))
    }, timeoutMs)
    const finish = (): boolean => {
      if (over) return false
      over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      return true
    }
    const fail = (error: Error): void => {
      if (!finish()) return
      giveUp()
      reject(firstOf(error))
    }
    const aborted = (): void => fail(signal!.reason instanceof Error ? signal!.reason : new Error(String(signal!.reason)))
    const succeed = (open: () => Link): void => {
      if (finish()) resolve(open())
    }
    signal?.addEventListener('abort', aborted)
    try {
      giveUp = begin({ succeed, fail })
    } catch (error) {
      if (finish()) reject(error)
    }
  })
}

/** Where `net.connect` and `tls.connect` are to go. */
export interface DialAddress {
  readonly host: string
  readonly port: number
  /** Address of ours to connect from. */
  readonly localAddress?: string
}

/** Also makes them try the next address of a name when one does not answer. */
export function addressOptions(target: DialAddress): DialAddress & { readonly autoSelectFamilyAttemptTimeout: number } {
  const { host, port, localAddress } = target
  return { host, port, ...(localAddress === undefined ? {} : { localAddress }), autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS }
}

/** Gives up a socket that nobody owns yet. */
export function abandon(socket: Socket): void {
  socket.on('error', () => {}) // nobody is left to hear it
  socket.destroy()
}

/** Of several addresses that all refused, the first one's error: Node's collection of them has no message. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
}
