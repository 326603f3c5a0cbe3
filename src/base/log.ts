// The log as the core sees it: a line and its type. Where lines go and how they are stamped is server/'s affair.
// Types are Mosquitto's log_type words.

export type LogType = 'error' | 'warning' | 'notice' | 'information' | 'debug' | 'subscribe' | 'unsubscribe' | 'websockets'

export interface Log {
  /** One line without its end. Control characters in names have been escaped by the caller. */
  write(type: LogType, line: string): void
}
