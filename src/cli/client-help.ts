// --help and --version of the clients: made from the table of options, so that they cannot disagree.
// Texts only; which error shows them is said in client-command.ts.

import { packageVersion } from '../server/package-version.ts'
import { CLIENT_OPTIONS, type ClientOption, type OptionGroup } from './client-options.ts'
import type { ClientTool } from './terminal.ts'

const GROUPS: readonly OptionGroup[] = ['Message', 'Subscription', 'Output', 'Connection', 'Session and will', 'Security', 'Other']

const ABOUT: Readonly<Record<ClientTool, { readonly purpose: string; readonly usage: string; readonly examples: readonly string[] }>> = {
  pub: {
    purpose: 'publishes messages to one topic and ends when the server has them.',
    usage: '-t TOPIC {-m TEXT | -n | -f FILE | -s | -l} [OPTION…]',
    examples: ['-t /living_room/temperature -m 33.3 -d', '-t door/state -m open -q 1 -r', '-t log/line -l < file.txt'],
  },
  sub: {
    purpose: 'subscribes to topics and prints the messages that come, until it is stopped.',
    usage: '-t FILTER [-t FILTER…] [OPTION…]',
    examples: ['-t /living_room/temperature -v -d', "-t 'deib/+/temperature' -v", "-t '$SYS/broker/uptime' -C 1 -W 15"],
  },
  rr: {
    purpose: 'publishes a request and prints the response.',
    usage: '-t TOPIC -e TOPIC {-m TEXT | -n | -f FILE | -s} [OPTION…]',
    examples: ['-t time/now -e reply/me -n'],
  },
  ctrl: {
    purpose: 'administers a running broker: its users and rights (dynsec), its listeners and plugins (broker).',
    usage: '[OPTION…] [{dynsec | broker} {COMMAND | help} [WORD…]]',
    examples: ['dynsec help', '-u admin -P secret dynsec listClients', 'dynsec init dynamic-security.json admin'],
  },
}

/** The version line. Behind a wrapper it has the form that scripts look for. */
export function clientVersionText(program: string): string {
  const own = packageVersion()
  return program.startsWith('mosquitto') ? `${program} version 2.1.2 (zanzara ${own})\n` : `${program} version ${own}\n`
}

/** The whole help. */
export function clientHelpText(tool: ClientTool, program: string): string {
  const { purpose, usage, examples } = ABOUT[tool]
  const lines = [`${program} ${purpose}`, clientVersionText(program).trimEnd(), '', `Usage: ${program} ${usage}`, '']
  for (const group of GROUPS) {
    const rows = CLIENT_OPTIONS.filter((option) => option.group === group && option.tools.includes(tool))
    if (rows.length > 0) lines.push(`${group}:`, ...rows.flatMap(optionLines), '')
  }
  lines.push(
    '  --help                          this text',
    '  --version                       the version',
    '',
    'Examples:',
    ...examples.map((example) => `  ${program} ${example}`),
    '',
  )
  return lines.join('\n')
}

function optionLines(option: ClientOption): string[] {
  const flags = option.flags.join(', ') + (option.argument === null ? '' : ` ${option.argument}`)
  return flags.length <= 30 ? [`  ${flags.padEnd(31)} ${option.help}`] : [`  ${flags}`, `${' '.repeat(34)}${option.help}`]
}
