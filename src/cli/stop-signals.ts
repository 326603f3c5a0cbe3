// What signals mean to a running broker: INT and TERM stop it, HUP opens its log files anew, the others do no harm.
// SIGUSR1 must have a handler from the first moment on, or Node opens its debugger: see zanzara.ts.

import type { ProgramLog } from './program-log.ts'
import type { EndSignal, Terminal } from './terminal.ts'

export interface StopSignals {
  /** Resolves at the first signal to stop. */
  readonly signal: Promise<EndSignal>
  /** Signals mean again what they meant before. */
  forget(): void
}

/** `log` is null where no log can be reopened. */
export function untilStopped(terminal: Terminal, log: ProgramLog | null): StopSignals {
  let forgetEnd = (): void => {}
  const signal = new Promise<EndSignal>((resolve) => (forgetEnd = terminal.onSignal(resolve)))
  const reopen = (): void => {
    log?.reopen()
    log?.write('information', 'Log files opened anew. The configuration is read at the start only.')
  }
  const ignore = (): void => {}
  // SIGHUP would end the process, SIGUSR2 too; SIGPIPE is ignored by Node itself.
  process.on('SIGHUP', reopen)
  process.on('SIGUSR2', ignore)
  return {
    signal,
    forget() {
      forgetEnd()
      process.off('SIGHUP', reopen)
      process.off('SIGUSR2', ignore)
    },
  }
}
