// `zanzara service print`: a service file for this machine's service manager, with real paths, as locked up as it can be.
// Prints only; who installs it reads the lines at its head. The texts are in service-files.ts.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../config/configuration.ts'
import { readConfiguration } from '../config/parse.ts'
import type { Setting } from '../config/settings.ts'
import { served } from '../server/access.ts'
import { escapeControls } from '../server/log-destinations.ts'
import { ownCommand } from './own-command.ts'
import { launchdList, openrcScript, type ServicePlan, servicePlan, systemdUnit } from './service-files.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara service prints a file with which a service manager runs the broker.

Usage: zanzara service print [systemd|launchd|openrc] [-c FILE] [--user NAME]

  systemd, launchd, openrc   which service manager; this machine's unless given
  -c, --config-file FILE     the broker's configuration file (the format of mosquitto.conf)
  --user NAME                run as this user; unless given, the one that FILE names, mosquitto for files below /etc/mosquitto,
                             else with systemd a user made for the service alone
  --help                     this text

The file goes to standard output; its head says how to install it.
Exit code: 0 printed, 2 wrong arguments.

Example:
  zanzara service print systemd -c /etc/zanzara/zanzara.conf | sudo tee /etc/systemd/system/zanzara.service
`

const MANAGERS: Readonly<Record<string, (plan: ServicePlan) => string>> = { systemd: systemdUnit, launchd: launchdList, openrc: openrcScript }

const ServiceExitCode = { Printed: 0, Usage: 2 } as const

interface ServiceArguments {
  readonly manager: string | null
  readonly configFile: string | null
  readonly user: string | null
}

/** Runs the command; returns its exit code. */
export async function runService(argv: readonly string[], terminal: Terminal): Promise<number> {
  const asked = readArguments(argv)
  let code: number = ServiceExitCode.Printed
  if (asked === 'help') terminal.stdout.write(HELP)
  else if (typeof asked === 'string') {
    terminal.stderr.write(`Error: ${escapeControls(asked)}\n\nUse 'zanzara service --help' to see usage.\n`)
    code = ServiceExitCode.Usage
  } else {
    const { configFile, user } = asked
    const manager = asked.manager ?? ownManager(terminal.platform)
    if (configFile !== null && !existsSync(configFile))
      terminal.stderr.write(`Warning: there is no file ${escapeControls(configFile)} yet; the service will not start without it.\n`)
    const plan = servicePlan({
      node: process.execPath,
      program: fileURLToPath(new URL('./zanzara.js', import.meta.url)),
      command: ownCommand(terminal, process.cwd()),
      configFile,
      user,
      lines: configFile === null || !existsSync(configFile) ? [] : linesOf(configFile, terminal),
    })
    terminal.stdout.write(MANAGERS[manager]!(plan))
  }
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return code
}

/** What is written for the broker and its listeners; nothing of a file that cannot be used, which is then told. */
function linesOf(configFile: string, terminal: Terminal): readonly Setting[] {
  try {
    const configuration = readConfiguration(configFile)
    return [...configuration.settings, ...served(configuration).flatMap(({ settings }) => settings)]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    terminal.stderr.write(`Warning: ${escapeControls([error.message, ...error.places].join(' '))} The service will not start before that is mended.\n`)
    return []
  }
}

/** A text other than `help` is what is wrong. */
function readArguments(argv: readonly string[]): ServiceArguments | string {
  if (argv.includes('--help') || argv.includes('-h')) return 'help'
  const [word, ...rest] = argv
  if (word !== 'print') return word === undefined ? "Say what to do: 'print' prints a service file." : `Unknown word '${word}': it is 'print'.`
  let manager: string | null = null
  let configFile: string | null = null
  let user: string | null = null
  for (let i = 0; i < rest.length; i++) {
    const flag = rest[i]!
    if (flag === '-c' || flag === '--config-file' || flag === '--user') {
      const value = rest[++i]
      if (value === undefined || value === '') return `${flag} needs a value.`
      if (flag !== '--user') configFile = resolve(value)
      else if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(value)) return `Invalid user '${value}': give the name of a user of this machine.`
      else user = value
    } else if (Object.hasOwn(MANAGERS, flag) && manager === null) manager = flag
    else if (flag.startsWith('-')) return `Unknown option '${flag}'.`
    else return manager === null ? `Unknown service manager '${flag}': it is systemd, launchd or openrc.` : `One service manager only; '${flag}' is too much.`
  }
  return { manager, configFile, user }
}

function ownManager(platform: string): string {
  if (platform === 'darwin') return 'launchd'
  return !existsSync('/run/systemd/system') && existsSync('/sbin/openrc-run') ? 'openrc' : 'systemd'
}
