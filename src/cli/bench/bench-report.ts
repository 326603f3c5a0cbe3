// The final table: a result as aligned text, for people.
// Also the number formats that the progress line shares.

import type { Colours } from '../colours.ts'
import { type BenchResult, type Latency, messageRate } from './bench-result.ts'

const NAMES: readonly (readonly [keyof BenchResult['latency'], string])[] = [
  ['connect', 'connect'],
  ['acknowledgement', 'acknowledged'],
  ['endToEnd', 'end to end'],
]
const COLUMNS = ['min', 'p50', 'p90', 'p99', 'p999', 'max'] as const
const TITLES = ['min', 'p50', 'p90', 'p99', 'p99.9', 'max'] as const
/** Columns of names and of numbers. */
const NAME_WIDTH = 14
const NUMBER_WIDTH = 14
const LATENCY_WIDTH = 11

export function reportText(result: BenchResult, colours: Colours): string {
  const parts = [heading(result, colours)]
  if (result.messages !== null) parts.push(messageTable(result, result.messages, colours))
  parts.push(latencyTable(result, colours), connectionLines(result, colours), verdict(result, colours))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** `1,234,567`. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Bytes per second in the unit that leaves few digits. */
export function bandwidth(bytesPerSecond: number): string {
  if (bytesPerSecond < 1e3) return `${Math.round(bytesPerSecond)} B/s`
  if (bytesPerSecond < 1e6) return `${(bytesPerSecond / 1e3).toFixed(1)} kB/s`
  return bytesPerSecond < 1e9 ? `${(bytesPerSecond / 1e6).toFixed(1)} MB/s` : `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`
}

/** Milliseconds with three digits or more that count. */
export function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(3)} ms`
  return value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`
}

function heading({ mode, target, version, messages }: BenchResult, { bold, dim }: Colours): string {
  const parts = [`MQTT ${version}`, target]
  if (messages !== null) parts.unshift(`QoS ${messages.qos}`, ...(messages.size === null ? [] : [`${grouped(messages.size)} B`]))
  return `${bold(`zanzara bench ${mode === 'fan-in' ? 'fan --fan-in' : mode}`)}  ${dim(parts.join(', '))}`
}

function messageTable({ mode }: BenchResult, messages: NonNullable<BenchResult['messages']>, { bold, dim }: Colours): string {
  const { sent, received, acknowledged, unacknowledged, refused, lost, repeated, foreign, expected, seconds, qos } = messages
  const rate = (count: number): string => perSecond(messageRate(count, seconds))
  const traffic = (count: number, bytes: number): string => (messageRate(count, seconds) > 0 ? bandwidth(bytes / seconds) : '')
  const lines = [dim(line('Messages', 'total', 'per second', ''))]
  if (mode !== 'sub') lines.push(line('sent', grouped(sent), bold(rate(sent).padStart(NUMBER_WIDTH)), traffic(sent, messages.sentBytes)))
  if (qos > 0 && mode !== 'sub') lines.push(line('acknowledged', grouped(acknowledged), rate(acknowledged), ''))
  if (mode !== 'pub') lines.push(line('received', grouped(received), bold(rate(received).padStart(NUMBER_WIDTH)), traffic(received, messages.receivedBytes)))
  if (expected !== null) lines.push(line('lost', grouped(lost), '', ''), line('repeated', grouped(repeated), '', ''))
  if (unacknowledged > 0) lines.push(line('unanswered', grouped(unacknowledged), '', ''))
  if (refused > 0) lines.push(line('refused', grouped(refused), '', ''))
  if (foreign > 0) lines.push(line('foreign', grouped(foreign), '', ''))
  return lines.join('\n')
}

function line(name: string, total: string, rate: string, more: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${total.padStart(NUMBER_WIDTH)}${rate.padStart(NUMBER_WIDTH)}${more === '' ? '' : more.padStart(NUMBER_WIDTH)}`.trimEnd()
}

/** A dash where nobody can tell; slow ones with two digits behind the point. */
function perSecond(rate: number): string {
  return rate === 0 ? '-' : rate < 10 ? rate.toFixed(2) : grouped(rate)
}

function latencyTable({ latency }: BenchResult, { dim }: Colours): string {
  const lines: string[] = []
  for (const [key, name] of NAMES) {
    const found = latency[key]
    if (found !== null) lines.push(latencyLine(name, found))
  }
  if (lines.length === 0) return ''
  return [dim(`  ${'Latency'.padEnd(NAME_WIDTH)}${TITLES.map((title) => title.padStart(LATENCY_WIDTH)).join('')}`), ...lines].join('\n')
}

function latencyLine(name: string, latency: Latency): string {
  return `  ${name.padEnd(NAME_WIDTH)}${COLUMNS.map((column) => milliseconds(latency[column]).padStart(LATENCY_WIDTH)).join('')}`
}

function connectionLines({ connections }: BenchResult, { bold, dim }: Colours): string {
  const { wanted, connected, seconds, perSecond, failures, breaks } = connections
  const speed = connected > 0 ? ` in ${seconds.toFixed(2)} s` : ''
  const rate = connected > 1 ? `, ${bold(grouped(perSecond))} per second` : ''
  const lines = [`  ${dim('Connections'.padEnd(NAME_WIDTH))}  ${grouped(connected)} of ${grouped(wanted)}${speed}${rate}`]
  for (const [reason, count] of Object.entries(failures)) lines.push(`  ${''.padEnd(NAME_WIDTH)}  ${grouped(count)} failed: ${reason}`)
  for (const [reason, count] of Object.entries(breaks)) lines.push(`  ${''.padEnd(NAME_WIDTH)}  ${grouped(count)} broke: ${reason}`)
  return lines.join('\n')
}

function verdict(result: BenchResult, { bold }: Colours): string {
  const { mode, messages, connections, interrupted, ok } = result
  const early = interrupted ? 'Ended early. ' : ''
  if (!ok) {
    const faults: string[] = []
    if (connections.connected + connections.failed === 0) faults.push('no connection came about')
    if (connections.failed > 0) faults.push(`${grouped(connections.failed)} ${plural(connections.failed, 'connection')} failed`)
    if (connections.broken > 0) faults.push(`${grouped(connections.broken)} ${plural(connections.broken, 'connection')} broke`)
    if (messages !== null) {
      if (messages.lost > 0) faults.push(`${grouped(messages.lost)} ${plural(messages.lost, 'message')} lost`)
      if (messages.repeated > 0) faults.push(`${grouped(messages.repeated)} repeated or out of order`)
      if (messages.unacknowledged > 0) faults.push(`${grouped(messages.unacknowledged)} not acknowledged`)
      if (messages.refused > 0) faults.push(`${grouped(messages.refused)} refused`)
    }
    return `  ${bold(`${early}NOT OK: ${faults.join(', ')}.`)}`
  }
  if (messages === null) return `  ${early}${grouped(connections.connected)} ${plural(connections.connected, 'connection')} held.`
  if (mode === 'sub') return `  ${early}No connection failed.`
  if (messages.sent === 0) return `  ${early}Nothing was sent.`
  if (messages.expected === null) return `  ${early}The server took all ${grouped(messages.sent)} ${plural(messages.sent, 'message')}.`
  if (messages.expected > messages.received) return `  ${early}Nothing was lost of what arrived; the rest was not waited for.`
  return `  ${early}All ${grouped(messages.expected)} ${plural(messages.expected, 'message')} arrived, once and in order.`
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`
}
