// The log as the core sees it: a line and its type. Where lines go and how they are stamped is server/'s affair.
// Types are Mosquitto's log_type words.

export type LogType = 'error' | 'warning' | 'notice' | 'information' | 'debug' | 'subscribe' | 'unsubscribe' | 'websockets' | 'internal'

/** Whom a line is about, for logs that machines read. Raw: control characters are in it. */
export interface LogSubject {
  readonly client?: string
  /** `ADDRESS:PORT`. */
  readonly address?: string
}

export interface Log {
  /** One line without its end. Control characters in it are shown, not sent, whatever they are. */
  write(type: LogType, line: string, about?: LogSubject): void
}
