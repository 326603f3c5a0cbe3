// Help texts of `ctrl`: the modules, and the commands of each, from their tables.
// The connection options are listed by --help.

import type { ControlModule } from './ctrl.ts'
import { ACL_TYPES_TEXT } from './dynsec-commands.ts'

export function ctrlHelp(program: string): string {
  return `${program} administers a running broker.

Usage: ${program} [CONNECTION OPTION…] MODULE COMMAND [WORD…]
       ${program} [CONNECTION OPTION…]        a shell; with -h it connects at once

Modules:
  dynsec    users, groups, roles and rights, where the dynamic security plugin is in force
  broker    listeners and plugins, where the configuration says 'enable_control_api true'

  ${program} MODULE help    the commands of a module
  ${program} --help         the connection options

Examples:
  ${program} dynsec init dynamic-security.json admin
  ${program} -u admin -P secret dynsec createClient alice -p wonderland
  ${program} -u admin -P secret broker listListeners
`
}

export function moduleHelp({ name, commands }: ControlModule, program: string): string {
  const rows = commands.map((command) => [`${command.name} ${command.usage}`.trimEnd(), command.help] as const)
  const lines = rows.map(([left, help]) => (left.length < 40 ? `  ${left.padEnd(40)}${help}` : `  ${left}\n${' '.repeat(42)}${help}`))
  if (name !== 'dynsec') return `Usage: ${program} [CONNECTION OPTION…] ${name} COMMAND\n\n${lines.join('\n')}\n`
  return `Usage: ${program} dynsec init FILE ADMIN [PASSWORD]
       ${program} [CONNECTION OPTION…] dynsec COMMAND [WORD…]

Without a broker:
  init FILE ADMIN [PASSWORD]              a new file with a client who may administer
  -f FILE dynsec setClientPassword USER [PASSWORD] [-i ITERATIONS]
                                          a new password in a file

To a broker:
${lines.join('\n')}

ACLTYPE: ${ACL_TYPES_TEXT}.
Asked are the roles of a client, then those of its groups, each by priority, and in a role its rules by priority; the first that fits decides.
`
}
