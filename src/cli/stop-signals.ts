// What signals mean to a running broker: INT and TERM stop it, HUP, USR1 and USR2 are given to who asked for them.
// SIGUSR1 must have a handler from the first moment on, or Node opens its debugger: see zanzara.ts.

import type { EndSignal, Terminal } from './terminal.ts'

/** Signals that ask for something beside the end. SIGPIPE is ignored by Node itself. */
export type ControlSignal = 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'

export interface StopSignals {
  /** Resolves at the first signal to stop. */
  readonly signal: Promise<EndSignal>
  /** Signals mean again what they meant before. */
  forget(): void
}

export const CONTROL_SIGNALS: readonly ControlSignal[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2']

/** None of the control signals ends the process; `asked` is told of each. */
export function untilStopped(terminal: Terminal, asked: (signal: ControlSignal) => void): StopSignals {
  let forgetEnd = (): void => {}
  const signal = new Promise<EndSignal>((resolve) => (forgetEnd = terminal.onSignal(resolve)))
  const handlers = CONTROL_SIGNALS.map((name) => [name, () => asked(name)] as const)
  for (const [name, handler] of handlers) process.on(name, handler)
  return {
    signal,
    forget() {
      forgetEnd()
      for (const [name, handler] of handlers) process.off(name, handler)
    },
  }
}
