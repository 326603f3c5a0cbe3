// Mosquitto's mosquitto_ctrl and ours, each with both brokers: a command does and prints the same, whoever answers.
// And the file that one broker has written serves the other.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { answer, type ConfiguredProgram, command, configured, guest } from '../cli/support/broker-kit.ts'
import { Admin, adminFile, DYNSEC_LINES } from '../support/dynsec-kit.ts'
import { withTools } from '../support/require-tools.ts'
import { DYNSEC_PLUGIN } from './support/dynsec-plugin.ts'
import { Mosquitto } from './support/mosquitto.ts'

/** In an order that Debian's plugin survives: what has been deleted is not touched again. */
const COMMANDS = `createRole r1
createRole r1
createRole r2
createGroup g1
createGroup g2
createGroup g2
createClient ann -c c1 -p pw
createClient ann -p pw
createClient bob -p pw
createClient eve -p pw
addRoleACL r1 publishClientSend t/# allow 5
addRoleACL r1 publishClientSend t/# allow 5
addRoleACL r1 publishClientReceive t/# deny
addRoleACL r1 subscribeLiteral a/b allow x
addRoleACL r1 subscribePattern a/# allow 1
addRoleACL r1 unsubscribeLiteral a/# deny 2
addRoleACL r1 unsubscribePattern a/# allow -3
addRoleACL r1 subscribePattern a/#/b allow
addRoleACL nope subscribePattern a/# allow
addRoleACL r1 foo a/# allow
getRole r1
getRole nope
addClientRole ann r1
addClientRole ann admin 7
addClientRole ann nope
addClientRole nope r1
addGroupRole g1 r1 4
addGroupRole g1 r2
addGroupRole g1 nope
addGroupClient g1 ann 6
addGroupClient g1 bob
addGroupClient g2 ann
addGroupClient g2 ann
getClient ann
getClient bob
getClient nope
getGroup g1
getGroup g2
getGroup nope
disableClient bob
getClient bob
enableClient bob
setClientId ann
setClientId bob c2
setClientId nope
setClientPassword bob pw2
setClientPassword nope pw
listClients
listClients 2
listClients 2 1
listGroups
listGroups 1 1
listRoles
listRoles 1
getAnonymousGroup
setAnonymousGroup g2
setAnonymousGroup nope
getAnonymousGroup
getDefaultACLAccess
setDefaultACLAccess subscribe allow
setDefaultACLAccess unsubscribe deny
setDefaultACLAccess foo deny
getDefaultACLAccess
removeRoleACL r1 publishClientSend t/#
removeRoleACL r1 publishClientSend t/#
removeClientRole ann admin
removeGroupClient g1 bob
removeGroupRole g1 r2
getRole r1
getClient ann
getClient bob
getGroup g1
deleteClient eve
deleteClient eve
deleteGroup nope
deleteRole nope
listClients
listGroups
listRoles
nope
createClient
getRole`.split('\n')

interface Ran {
  readonly command: string
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What the warning about encryption, the hints of ours and another wording of 2.1 do not change. */
function judged(text: string): string {
  return text
    .replace(/^Warning: You are running .*\n.*\n\n/, '')
    .replace(/^Usage: .*\n/m, '')
    .replace('Invalid function arguments provided.', 'Invalid input.')
    .replace(/(Error: [^\n]*?)\.+\n/g, '$1\n')
}

async function run(program: string, args: readonly string[]): Promise<Omit<Ran, 'command'>> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], HOME: '/nonexistent' }, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)))
  return { code, out, err: judged(err) }
}

/** What 2.1 prints of a client, in the columns of 2.0. */
function narrow(ran: Ran): Ran {
  return ran.command.startsWith('getClient') ? { ...ran, out: ran.out.replace(/^(\S*\s*?) {3}(?=\S)/gm, '$1') } : ran
}

type Tool = (args: readonly string[]) => Promise<Omit<Ran, 'command'>>

async function transcript(tool: Tool, port: number): Promise<Ran[]> {
  const login = ['-h', '127.0.0.1', '-p', String(port), '-u', 'admin', '-P', 'secret', 'dynsec']
  const lines: Ran[] = []
  for (const line of COMMANDS) lines.push({ command: line, ...(await tool([...login, ...line.split(' ')])) })
  return lines
}

/** All that a broker tells of its clients, groups and roles. */
async function everything(port: number): Promise<unknown> {
  const admin = await Admin.login(port)
  const responses = await admin.do(
    ...['listClients', 'listGroups', 'listRoles'].map((name) => ({ command: name, verbose: true })),
    ...['getDefaultACLAccess', 'getAnonymousGroup'].map((name) => ({ command: name })),
  )
  return JSON.parse(JSON.stringify(responses, (key, value: unknown) => (key === 'allowwildcardsubs' || key === 'connections' ? undefined : value)))
}

withTools(['mosquitto', 'mosquitto_ctrl'], (tools) => {
  const theirTool: Tool = async (args) => await run(tools.mosquitto_ctrl, args)
  const ourTool: Tool = async (args) => {
    const { code, out, err } = await command('ctrl', ...args)
    return { code, out, err: judged(err) }
  }

  async function theirs(file: string): Promise<Mosquitto> {
    const options = ['allow_anonymous false', `plugin ${DYNSEC_PLUGIN}`, 'plugin_opt_config_file FOLDER/dynsec.json']
    const broker = await Mosquitto.start(tools.mosquitto, { options, files: { 'dynsec.json': file } })
    onTestFinished(() => broker.close())
    return broker
  }

  async function ours(file: string): Promise<ConfiguredProgram> {
    return await configured(DYNSEC_LINES, { files: { 'dynsec.json': file } })
  }

  test.runIf(existsSync(DYNSEC_PLUGIN)).each([
    ['mosquitto_ctrl', theirTool],
    ['zanzara ctrl', ourTool],
  ])('%s: every command does and prints the same with both brokers', async (_, tool) => {
    const [debian, zanzara] = [await theirs(adminFile()), await ours(adminFile())]
    const [expected, got] = [await transcript(tool, debian.port), await transcript(tool, zanzara.port)]
    expect(got).toEqual(expected)
    expect(got.filter(({ out }) => out !== '').length).toBeGreaterThan(20)
    expect(got.filter(({ err }) => err.includes('Error: ')).length).toBeGreaterThan(15)
  })

  test('both tools print the same, but for the wider columns of 2.1 about clients', async () => {
    const port = async (): Promise<number> => (await ours(adminFile())).port
    const [expected, got] = [await transcript(theirTool, await port()), await transcript(ourTool, await port())]
    // 2.0.11's tool says `access` where brokers look for `allow`: its setDefaultACLAccess changes nothing
    const told = (runs: readonly Ran[]): Ran[] =>
      runs.filter(({ command: line }, i) => line !== 'getDefaultACLAccess' || i < COMMANDS.indexOf('setDefaultACLAccess subscribe allow'))
    expect(told(got).map(narrow)).toEqual(told(expected))
  })

  test.runIf(existsSync(DYNSEC_PLUGIN))('a file that Debian’s plugin wrote serves us, and one of ours serves it', async () => {
    const debian = await theirs(adminFile())
    await transcript(theirTool, debian.port)
    const before = await everything(debian.port)
    const fromDebian = debian.read('dynsec.json')
    const zanzara = await ours(fromDebian)
    expect(await everything(zanzara.port)).toEqual(before)
    expect(await answer(zanzara.port, { username: 'bob', password: 'pw2', clientId: 'c2' })).toBe('welcome')
    const admin = await Admin.login(zanzara.port)
    await admin.do(
      { command: 'createClient', username: 'new', password: 'geheim', groups: [{ groupname: 'g1', priority: 3 }] },
      { command: 'addRoleACL', rolename: 'r1', acltype: 'publishClientSend', topic: 'new/#', priority: 1, allow: true },
    )
    const after = await everything(zanzara.port)
    const again = await theirs(readFileSync(join(zanzara.folder, 'dynsec.json'), 'utf8'))
    expect(await everything(again.port)).toEqual(after)
    const client = await guest(again.port, { username: 'new', password: 'geheim', protocolVersion: 5 })
    expect([await client.publish('new/x', ''), await client.publish('old', '')]).toEqual([0, 0x87])
  })

  test('`init`: Debian’s file starts our broker, and ours Debian’s', async () => {
    const broker = await configured(['listener PORT 127.0.0.1', 'allow_anonymous true'])
    const path = (name: string): string => join(broker.folder, name)
    expect((await theirTool(['dynsec', 'init', path('theirs'), 'admin', 'secret'])).code).toBe(0)
    expect((await ourTool(['dynsec', 'init', path('ours'), 'admin', 'secret'])).code).toBe(0)
    const zanzara = await ours(readFileSync(path('theirs'), 'utf8'))
    expect((await theirTool(['-p', String(zanzara.port), '-u', 'admin', '-P', 'secret', 'dynsec', 'listRoles'])).out).toBe('admin\n')
    if (!existsSync(DYNSEC_PLUGIN)) return
    const debian = await theirs(readFileSync(path('ours'), 'utf8'))
    expect((await ourTool(['-p', String(debian.port), '-u', 'admin', '-P', 'secret', 'dynsec', 'listRoles'])).out).toBe('admin\n')
  })
})
