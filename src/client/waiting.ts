// One way to wait: a promise that ends by its outcome, by the caller's signal, or by a time limit.
// Every waiting call of the library goes through it.

import { MqttError } from './errors.ts'
import type { Timers } from './timers.ts'

export interface WaitOptions {
  /** Gives the wait up; the rejection is an MqttError ABORTED with the signal's reason as cause. */
  readonly signal?: AbortSignal
  /** Milliseconds; without it the wait ends by its outcome only. */
  readonly timeoutMs?: number
}

/** `begin` starts it and returns how to give it up, called at most once and only when signal or time end it. `what` names it in the error. */
export function waitFor<T>(
  timers: Timers,
  what: string,
  options: WaitOptions,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  const { signal, timeoutMs } = options
  if (signal === undefined && timeoutMs === undefined) return new Promise<T>((resolve, reject) => void begin(resolve, reject))
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted(what, signal))
      return
    }
    let open = true
    let cancelTimer: (() => void) | null = null
    function close(): boolean {
      const was = open
      open = false
      cancelTimer?.()
      signal?.removeEventListener('abort', onAbort)
      return was
    }
    function onAbort(): void {
      if (!close()) return
      giveUp()
      reject(aborted(what, signal!))
    }
    const giveUp = begin(
      (value) => {
        if (close()) resolve(value)
      },
      (error) => {
        if (close()) reject(error)
      },
    )
    if (!open) return // it was over at once
    signal?.addEventListener('abort', onAbort)
    if (timeoutMs !== undefined) {
      cancelTimer = timers.after(timeoutMs, () => {
        if (!close()) return
        giveUp()
        reject(new MqttError('TIMEOUT', `${what}: not done within ${timeoutMs} ms`))
      })
    }
  })
}

function aborted(what: string, signal: AbortSignal): MqttError {
  return new MqttError('ABORTED', `${what}: given up`, { cause: signal.reason })
}
