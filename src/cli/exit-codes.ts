// Exit codes of the commands: Mosquitto's, so that scripts written for its clients go on working.
// A refused CONNECT ends with its CONNACK code as it is: 1-5 in MQTT 3.x, 128-159 in 5.0.

export const ExitCode = {
  Success: 0,
  /** Wrong arguments, --help and --version of the clients, no connection. */
  Failure: 1,
  /** The server broke the protocol. */
  ProtocolError: 2,
  /** The proxy could not reach the server. */
  NotConnected: 4,
  ConnectionLost: 7,
  /** The server does not take this: retained messages, this QoS, a packet of this size. */
  NotSupported: 10,
  /** The proxy does not let us in, or not through. */
  ProxyRefused: 11,
  /** The TLS handshake failed: the certificate was not accepted. */
  TlsHandshake: 14,
  /** The proxy is none, or has failed. */
  ProxyError: 16,
  /** No answer to PINGREQ. */
  KeepAlive: 19,
  QosNotSupported: 24,
  PacketTooLarge: 25,
  /** -W, --ack-timeout: time is up. */
  TimedOut: 27,
  /** A signal before the connection was accepted. */
  Interrupted: 255,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** Exit codes of `match`, as those of grep. */
export const MatchExitCode = { AllMatch: 0, SomeDoNot: 1, Usage: 2 } as const
export type MatchExitCode = (typeof MatchExitCode)[keyof typeof MatchExitCode]

/** Exit codes of `config`; 3 is also the broker's for a file that it cannot use. */
export const ConfigExitCode = { Usable: 0, Usage: 2, NotUsable: 3 } as const
export type ConfigExitCode = (typeof ConfigExitCode)[keyof typeof ConfigExitCode]

/** Exit codes of `acl check`, in the manner of grep. */
export const AclExitCode = { Allowed: 0, Denied: 1, Usage: 2 } as const
export type AclExitCode = (typeof AclExitCode)[keyof typeof AclExitCode]

/** Exit codes of `broker`, as mosquitto's, and that of a store that failed while it ran: EX_IOERR. */
export const BrokerExitCode = { Stopped: 0, CannotListen: 1, Store: 1, Configuration: 3, AccessFile: 13, Plugin: 13, PidFile: 14, StoreFailed: 74 } as const
export type BrokerExitCode = (typeof BrokerExitCode)[keyof typeof BrokerExitCode]

/** Exit codes of `ctrl`, as mosquitto_ctrl's; what a broker refuses to do ends with 0, too. Refused connections end as those of the other clients. */
export const CtrlExitCode = { Done: 0, Failure: 1, Usage: 3, UnknownModule: 10, UnknownCommand: 13, NoConnection: 14 } as const
export type CtrlExitCode = (typeof CtrlExitCode)[keyof typeof CtrlExitCode]

/** Exit codes of `sniff`, as those of tshark. */
export const SniffExitCode = {
  Success: 0,
  /** Wrong arguments. */
  Usage: 1,
  /** No such file, a wrong filter, a file that is damaged or cut short, no permission to capture. */
  Failure: 2,
} as const
export type SniffExitCode = (typeof SniffExitCode)[keyof typeof SniffExitCode]
