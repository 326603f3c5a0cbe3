// The options of the log: where it goes, what it holds, how its lines begin.
// Writing it is server/'s affair.

import type { LogType } from '../base/log.ts'
import { ConfigError, type LogDestination } from './configuration.ts'
import type { BrokerDraft } from './drafts.ts'
import type { LineContext, Row } from './option.ts'
import { word } from './values.ts'

const LOG_TYPE_WORDS = ['debug', 'error', 'warning', 'notice', 'information', 'subscribe', 'unsubscribe', 'websockets'] as const satisfies readonly LogType[]

/** Destinations of Mosquitto that have no counterpart here. */
const LOST_DESTINATIONS: readonly string[] = ['dlt', 'android']

export const LOG_OPTIONS: readonly Row<BrokerDraft>[] = [
  {
    name: 'connection_messages',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Log clients that connect and disconnect.',
    set: (draft, value) => void (draft.connectionMessages = value),
  },
  {
    name: 'log_dest',
    repeats: true,
    kind: 'line',
    default: 'stderr',
    reload: true,
    meaning: 'Where the log goes, repeatable: stdout, stderr, syslog, topic ($SYS/broker/log/…), none, or file and its path.',
    set: addLogDestination,
  },
  {
    name: 'log_facility',
    kind: 'integer',
    minimum: 0,
    maximum: 7,
    default: '',
    reload: true,
    meaning: 'Facility of syslog: 0–7 = local0–local7; daemon unless given.',
    set: (draft, value) => void (draft.logFacility = value),
  },
  {
    name: 'log_timestamp',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'Lines begin with the time.',
    set: (draft, value) => void (draft.logTimestamp = value),
  },
  {
    name: 'log_timestamp_format',
    kind: 'text',
    default: '',
    reload: true,
    meaning: 'The time as strftime writes it, such as %Y-%m-%dT%H:%M:%S; seconds since 1970 unless given.',
    set: (draft, value) => void (draft.logTimestampFormat = value),
  },
  {
    name: 'log_type',
    repeats: true,
    kind: 'word',
    default: 'error, warning, notice, information',
    reload: true,
    meaning: 'What is logged, repeatable: debug, error, warning, notice, information, subscribe, unsubscribe, websockets, internal, none, all.',
    set: addLogType,
  },
]

function addLogType(draft: BrokerDraft, value: string): void {
  draft.logTypes ??= new Set()
  if (value === 'all') for (const type of LOG_TYPE_WORDS) draft.logTypes.add(type)
  else if (value === 'none') draft.logTypes.clear()
  else if ((LOG_TYPE_WORDS as readonly string[]).includes(value)) draft.logTypes.add(value as LogType)
  else if (value !== 'internal') throw new ConfigError(`Invalid 'log_type' value (${value}).`)
}

function addLogDestination(draft: BrokerDraft, value: string, line: LineContext): void {
  const first = word('log_dest', value)
  draft.logDestinations ??= []
  const destinations = draft.logDestinations
  if (first === 'none') destinations.length = 0
  else if (first === 'file') destinations.push(logFile(destinations, value.slice('file'.length).trim()))
  else if (first === 'stderr' || first === 'stdout' || first === 'syslog' || first === 'topic') {
    if (!destinations.some(({ to }) => to === first)) destinations.push({ to: first })
  } else if (LOST_DESTINATIONS.includes(first)) line.note('warning', `Warning: 'log_dest ${first}' has no effect: use syslog, stderr, stdout, topic or file.`)
  else throw new ConfigError(`Invalid 'log_dest' value (${first}).`)
}

function logFile(destinations: readonly LogDestination[], path: string): LogDestination {
  if (destinations.some(({ to }) => to === 'file')) throw new ConfigError('Duplicate "log_dest file" value.')
  if (path === '') throw new ConfigError('Empty "log_dest file" value in configuration.')
  return { to: 'file', path }
}
