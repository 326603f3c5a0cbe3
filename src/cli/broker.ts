// `zanzara broker`: the broker as mosquitto's command line and configuration file start it; ends on SIGINT and SIGTERM.
// Flags are in broker-arguments.ts, the file's options in config/, the broker itself behind server/start-broker.ts.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ConfigError, type Configuration, type ConfigurationNote } from '../config/configuration.ts'
import { parseConfiguration, readConfiguration } from '../config/parse.ts'
import { DEFAULT_LOG_TYPES, escapeControls } from '../server/log-destinations.ts'
import { packageVersion } from '../server/package-version.ts'
import { ArgumentError, type BrokerArguments, brokerHelp, brokerUsage, readBrokerArguments } from './broker-arguments.ts'
import { BrokerProcess, notServed } from './broker-process.ts'
import { BrokerExitCode } from './exit-codes.ts'
import { ProgramLog } from './program-log.ts'
import type { Terminal } from './terminal.ts'

/** Runs until the broker is stopped; returns the exit code. */
export async function runBroker(argv: readonly string[], terminal: Terminal): Promise<number> {
  const name = programVersion(terminal)
  let options: BrokerArguments | 'help' | 'version'
  try {
    options = readBrokerArguments(argv)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    return await refuse(terminal, name, [error.message], error.showUsage)
  }
  if (options === 'help' || options === 'version') {
    terminal.stdout.write(options === 'help' ? brokerHelp(programName(terminal)) : `${name}\n`)
    await terminal.stdout.flush()
    return BrokerExitCode.Stopped
  }
  if (options.testConfig && options.configFile === null) return await refuse(terminal, name, ['Please provide a configuration file to test.'], false)
  let configuration: Configuration
  try {
    configuration = options.configFile === null ? parseConfiguration(new Uint8Array(0), '') : readConfiguration(options.configFile, terminal.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return await refuse(terminal, name, [error.message, ...error.places], false, error.notes)
  }
  if (options.testConfig) {
    terminal.stdout.write('Configuration file is OK.\n')
    await terminal.stdout.flush()
    return BrokerExitCode.Stopped
  }
  const unserved = notServed(configuration)
  if (unserved !== null) {
    await refuse(terminal, name, [unserved], false)
    return BrokerExitCode.Plugin
  }
  if (options.daemon) return daemonise(argv)
  return await serve(options, configuration, terminal, name)
}

async function serve(options: BrokerArguments, configuration: Configuration, terminal: Terminal, name: string): Promise<number> {
  let broker: BrokerProcess
  try {
    broker = new BrokerProcess(options, configuration, terminal, name)
  } catch (error) {
    return await refuse(terminal, name, [`Unable to open log file: ${(error as Error).message}.`], false)
  }
  return await broker.run()
}

function programName(terminal: Terminal): string {
  return terminal.invokedAs === 'mosquitto' || terminal.env['ZANZARA_PROGRAM_NAME'] === 'mosquitto' ? 'mosquitto' : 'zanzara broker'
}

/** How the log names this program: scripts that start `mosquitto` through a wrapper wait for its name. */
function programVersion(terminal: Terminal): string {
  const version = packageVersion()
  return programName(terminal) === 'mosquitto' ? `mosquitto version 2.1.2 (zanzara ${version})` : `zanzara version ${version}`
}

/** Starts this command once more, on its own; the parent is done at once. */
function daemonise(argv: readonly string[]): number {
  const program = fileURLToPath(new URL('./zanzara.js', import.meta.url))
  const own = argv.filter((word, i) => !((word === '-d' || word === '--daemon') && !takesValue(argv[i - 1])))
  spawn(process.execPath, [...process.execArgv, program, 'broker', ...own], { detached: true, stdio: 'ignore' }).unref()
  return BrokerExitCode.Stopped
}

function takesValue(flag: string | undefined): boolean {
  return flag === '-c' || flag === '--config-file' || flag === '-p' || flag === '--port' || flag === '--tls' || flag === '--tls-port' || flag === '--tls-keylog'
}

/** Says why this start is refused, as a log of Mosquitto's would. */
async function refuse(
  terminal: Terminal,
  name: string,
  lines: readonly string[],
  showUsage: boolean,
  notes: readonly ConfigurationNote[] = [],
): Promise<number> {
  const log = new ProgramLog(terminal, { types: DEFAULT_LOG_TYPES, timestamps: true, destinations: [{ to: 'stderr' }] })
  for (const { type, text } of notes) log.write(type, escapeControls(text))
  for (const [i, line] of lines.entries()) log.write('error', escapeControls(i === 0 && !line.startsWith('Please') ? `Error: ${line}` : line))
  log.write('information', `${name} terminating`)
  if (showUsage) terminal.stdout.write(brokerUsage(programName(terminal)))
  await log.close()
  return BrokerExitCode.Configuration
}
