// Where a command runs: its input, its two outputs, environment and signals, as a port.
// process-terminal.ts is the real one; tests give their own and run commands in process.

/** The signals that end a command cleanly. */
export type EndSignal = 'SIGINT' | 'SIGTERM'

/** One output of a command. Writing never throws: when the reader has gone, writes are void and `onClosed` told so. */
export interface Output {
  /** Takes text or bytes. Bytes are borrowed: copied or written before the call returns. */
  write(data: string | Uint8Array): void
  /** True while the reader is so far behind that a producer should stop; `onDrained` tells when to go on. */
  readonly full: boolean
  /** Calls `listener` once, as soon as `full` is false again. */
  onDrained(listener: () => void): void
  /** Calls `listener` once if the reader goes away (EPIPE). */
  onClosed(listener: () => void): void
  /** Resolves when all that was written has been handed to the system. */
  flush(): Promise<void>
}

/** Standard input. Opened when iteration begins. */
export interface Input extends AsyncIterable<Uint8Array> {
  /** Ends the iteration, also one that waits for more, and lets the process end. Does nothing when it was never opened. */
  close(): void
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** As `process.platform`. */
  readonly platform: string
  readonly pid: number
  /** File name of the script that was started, without folder: the name of a wrapper such as `mosquitto_pub`. */
  readonly invokedAs: string
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Tells of signals until the returned function is called; meanwhile they do not end the process. */
  onSignal(listener: (signal: EndSignal) => void): () => void
}

/** Tools that answer to Mosquitto's flags. */
export type ClientTool = 'pub' | 'sub' | 'rr' | 'ctrl'

/** The name in errors and help: our own, or that of the wrapper through which we were started. */
export function programName(terminal: Terminal, tool: ClientTool): string {
  const wrapper = terminal.env['ZANZARA_PROGRAM_NAME']
  if (wrapper !== undefined && wrapper !== '') return wrapper
  return terminal.invokedAs.startsWith('mosquitto_') ? terminal.invokedAs : `zanzara ${tool}`
}
