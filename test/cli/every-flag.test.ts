// Every flag of Mosquitto 2.1's programs is known to ours, under both its names, and to no tool that Mosquitto does not give it to.
// What a flag does is tested where it does it; here a flag that were forgotten, or taken by mistake, would show.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runPasswd } from '../../src/cli/passwd.ts'
import { runPub } from '../../src/cli/pub.ts'
import { runRr } from '../../src/cli/rr.ts'
import { runSub } from '../../src/cli/sub.ts'
import { command, folder } from './support/broker-kit.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const TOOLS = { P: runPub, S: runSub, R: runRr } as const
type Letter = keyof typeof TOOLS

/** Names, the tools that know them, and a value where one follows. */
const FLAGS: readonly (readonly [names: string, tools: string, ...values: string[]])[] = [
  ['-A', 'PSR', '127.0.0.1'],
  ['-C', 'S', '1'],
  ['-c --disable-clean-session', 'PSR'],
  ['-d --debug', 'PSR'],
  ['-D --property', 'PSR', 'connect', 'receive-maximum', '5'],
  ['-e', 'R', 'answers'],
  ['-E', 'S'],
  ['-f --file', 'PR', '/dev/null'],
  ['-F', 'SR', '%p'],
  ['-h --host', 'PSR', 'localhost'],
  ['-i --id', 'PSR', 'me'],
  ['-I --id-prefix', 'PSR', 'me'],
  ['-k --keepalive', 'PSR', '60'],
  ['-L --url', 'PSR', 'mqtt://localhost/a'],
  ['-l --stdin-line', 'P'],
  ['--latency', 'R'],
  ['-m --message', 'PR', 'x'],
  ['-M', 'PSR', '20'],
  ['--message-rate', 'S'],
  ['-n --null-message', 'PR'],
  ['-N', 'SR'],
  ['--nodelay', 'PSR'],
  ['--no-tls', 'PSR'],
  ['-o', 'PSR', '/dev/null'],
  ['-p --port', 'PSR', '1883'],
  ['--pretty', 'SR'],
  ['-P --pw', 'PSR', 'secret'],
  ['-u --username', 'PSR', 'ann'],
  ['--proxy', 'PSR', 'socks5h://localhost'],
  ['--psk', 'PSR', '00'],
  ['--psk-identity', 'PSR', 'me'],
  ['-q --qos', 'PSR', '1'],
  ['--quiet', 'PSR'],
  ['-r --retain', 'P'],
  ['-R', 'SR'],
  ['--random-filter', 'S', '50'],
  ['--remove-retained', 'S'],
  ['--repeat', 'P', '2'],
  ['--repeat-delay', 'P', '0.5'],
  ['--retain-as-published', 'SR'],
  ['--retain-handling', 'SR', 'new'],
  ['--retained-only', 'S'],
  ['-s --stdin-file', 'PR'],
  ['-S', ''],
  ['-t --topic', 'PSR', 'a'],
  ['-T --filter-out', 'S', 'a'],
  ['--tls-alpn', 'PSR', 'mqtt'],
  ['--tls-engine', 'PSR', 'x'],
  ['--tls-engine-kpass-sha1', 'PSR', 'x'],
  ['--keyform', 'PSR', 'pem'],
  ['--tls-keylog', 'PSR', '/dev/null'],
  ['--tls-use-os-certs', 'PSR'],
  ['--tls-version', 'PSR', 'tlsv1.2'],
  ['--cafile', 'PSR', '/dev/null'],
  ['--capath', 'PSR', '/'],
  ['--cert', 'PSR', '/dev/null'],
  ['--key', 'PSR', '/dev/null'],
  ['--ciphers', 'PSR', 'DEFAULT'],
  ['--insecure', 'PSR'],
  ['-U --unsubscribe', 'S', 'a'],
  ['--unix', 'PSR', '/nowhere'],
  ['-v --verbose', 'SR'],
  ['-V --protocol-version', 'PSR', '5'],
  ['-w --watch', 'S'],
  ['-W', 'SR', '1'],
  ['--will-topic', 'PSR', 'a'],
  ['--will-payload', 'PSR', 'x'],
  ['--will-qos', 'PSR', '1'],
  ['--will-retain', 'PSR'],
  ['--ws', 'PSR'],
  ['-x', 'PSR', '10'],
]

/** `--help` ends the reading of flags: an unknown one in front of it is told, a known one is not. */
test.each(FLAGS)('%s is for %j', async (names, tools, ...values) => {
  for (const letter of Object.keys(TOOLS) as Letter[]) {
    for (const name of names.split(' ')) {
      const io = new FakeTerminal()
      const code = await TOOLS[letter]([name, ...values, '--help'], io)
      const unknown = io.stderr.text.startsWith(`Error: Unknown option '${name}'.`)
      expect({ letter, name, code, known: !unknown, err: unknown ? '' : io.stderr.text }).toEqual({
        letter,
        name,
        code: 1,
        known: tools.includes(letter),
        err: '',
      })
    }
  }
})

test('broker: every flag, short and long', async () => {
  const file = join(folder(), 'c')
  writeFileSync(file, 'listener 1883 127.0.0.1\n')
  const flags = [['-c', '--config-file'], ['-d', '--daemon'], ['-p', '--port'], ['-q', '--quiet'], ['-v', '--verbose'], ['--tls-keylog'], ['-h', '--help']]
  for (const name of flags.flat()) {
    const value =
      name === '-p' || name === '--port' ? ['1883'] : name === '--tls-keylog' ? ['/dev/null'] : name === '-c' || name === '--config-file' ? [file] : []
    const { code, out } = await command('broker', name, ...value, ...(value[0] === file ? [] : ['-c', file]), '--test-config')
    expect({ name, code, out: out.startsWith('Configuration file is OK.\n') || /Usage: /.test(out) }).toEqual({ name, code: 0, out: true })
  }
})

test('passwd: every flag', async () => {
  const file = join(folder(), 'pw')
  const run = async (...args: readonly string[]): Promise<[number, string]> => {
    const io = new FakeTerminal()
    return [await runPasswd(args, io), io.stderr.text]
  }
  expect(await run('-H', 'sha512-pbkdf2', '-I', '10', '-c', '-b', file, 'ann', 'x')).toEqual([0, ''])
  expect(await run('-D', file, 'ann')).toEqual([0, ''])
  writeFileSync(file, 'ann:plain\n')
  expect(await run('-U', file)).toEqual([0, ''])
})
