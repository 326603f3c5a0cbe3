// include_dir: which files of a folder, in which order, what they share with the main file, how their errors name them.
// Folders are made for each test.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError, type Configuration } from '../../src/config/configuration.ts'
import { readConfiguration } from '../../src/config/parse.ts'

/** Writes the files and reads the first; DIR in their texts is the folder. */
function read(files: Readonly<Record<string, string>>): { configuration: Configuration | null; error: ConfigError | null; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text.replaceAll('DIR', folder))
  }
  try {
    return { configuration: readConfiguration(join(folder, Object.keys(files)[0]!)), error: null, folder }
  } catch (error) {
    if (error instanceof ConfigError) return { configuration: null, error, folder }
    throw error
  }
}

test('a package tree as Debian installs it', () => {
  const { configuration, folder } = read({
    'mosquitto.conf':
      '# the package keeps this file, yours go into conf.d\n\npid_file DIR/run/mosquitto.pid\n\npersistence true\npersistence_location DIR/lib/\n\n' +
      'log_dest file DIR/log/mosquitto.log\n\ninclude_dir DIR/conf.d\n',
    'conf.d/README': 'Files that end in .conf are read.\n',
    'conf.d/lab.conf': 'listener 1883\nallow_anonymous false\npassword_file DIR/passwd\n',
  })
  expect(configuration).toMatchObject({
    pidFile: `${folder}/run/mosquitto.pid`,
    persistence: { enabled: true, path: `${folder}/lib//mosquitto.db` },
    logDestinations: [{ to: 'file', path: `${folder}/log/mosquitto.log` }],
    listeners: [{ port: 1883, allowAnonymous: false, passwordFile: `${folder}/passwd` }],
    localOnly: null,
    files: [join(folder, 'mosquitto.conf'), `${folder}/conf.d/lab.conf`],
  })
  expect(configuration!.settings.find(({ option }) => option === 'password_file')).toMatchObject({ file: `${folder}/conf.d/lab.conf`, line: 3 })
  expect(configuration!.notes.map(({ text }) => text)).toContain(`Loading config file '${folder}/conf.d/lab.conf'`)
})

test('an example file in which every option stands as a comment changes nothing', () => {
  const text = ['#persistence false', '#listener', '# log_type error', '#', '# connection <name>', '#include_dir'].join('\n')
  expect(read({ 'example.conf': text }).configuration).toMatchObject({ listeners: [], notes: [], settings: [] })
})

test('only *.conf, letter by letter, capitals first', () => {
  const names = ['b.conf', 'A.conf', '01.conf', 'a.conf', 'B.conf', '00.conf', 'aB.conf', 'Ab.conf', 'ä.conf', '_.conf', '.conf', 'x.conf.dpkg-old', 'x.txt']
  const files = Object.fromEntries(names.map((name) => [`d/${name}`, name.endsWith('.conf') && name !== '.conf' ? '' : 'bogus']))
  const { configuration, folder } = read({ main: 'include_dir DIR/d', ...files })
  const order = ['00', '01', '_', 'A', 'Ab', 'a', 'aB', 'B', 'b', 'ä']
  expect(configuration!.files.slice(1)).toEqual(order.map((name) => `${folder}/d/${name}.conf`))
})

test('each file has its own listener, bridge and plugin; the main file goes on with its own', () => {
  const listener = read({ main: 'listener 1884\ninclude_dir DIR/d\nmax_qos 1', 'd/x.conf': 'listener 1885\nmax_qos 0' }).configuration
  expect(listener!.listeners).toMatchObject([
    { port: 1884, limits: { maximumQos: 1 } },
    { port: 1885, limits: { maximumQos: 0 } },
  ])
  const option = read({ main: 'listener 1884\ninclude_dir DIR/d', 'd/x.conf': 'mount_point x/' })
  expect(option.error!.message).toBe("The 'mount_point' option requires a listener to be defined first.")
  const bridge = read({ main: 'connection x\naddress y\ntopic z\ninclude_dir DIR/d', 'd/x.conf': 'notifications false' })
  expect(bridge.error!.message).toBe("The 'notifications' option requires a bridge to be defined first.")
  const plugin = read({ main: 'plugin x.so\ninclude_dir DIR/d', 'd/x.conf': 'plugin_opt_a b' })
  expect(plugin.error!.message).toBe("The 'plugin_opt_a' option requires plugin/global_plugin/plugin_load to be defined first.")
})

test('an error names the included file and the line that included it', () => {
  const { error, folder } = read({ main: '\ninclude_dir DIR/d', 'd/x.conf': '\n\nbogus 1' })
  expect(error!.message).toBe("Unknown configuration variable 'bogus'.")
  expect(error!.places).toEqual([`Error found at '${folder}/d/x.conf:3'.`, `Error found at ${join(folder, 'main')}:2.`])
})

test('include_dir within an included file, an unreadable folder, a folder as a file', () => {
  const nested = read({ main: 'include_dir DIR/d', 'd/x.conf': 'include_dir DIR/d' })
  expect(nested.error!.message).toBe('The include_dir option is only valid in the main configuration file.')
  const missing = read({ main: 'include_dir DIR/none' })
  expect(missing.error!.message).toBe(`Unable to open include_dir '${missing.folder}/none'.`)
  expect(missing.error!.places).toEqual([`Error found at ${join(missing.folder, 'main')}:1.`])
  const folder = read({ main: 'include_dir DIR/d', 'd/x.conf/y': '' })
  expect(folder.error!.message).toBe(`Config file '${folder.folder}/d/x.conf' is a directory.`)
  expect(folder.error!.places).toEqual([`Error found at ${join(folder.folder, 'main')}:1.`])
  expect(read({ main: 'include_dir' }).error!.message).toBe("Empty 'include_dir' value in configuration.")
})

test('what was written twice over two files is still twice', () => {
  const { error } = read({ main: 'pid_file a\ninclude_dir DIR/d', 'd/x.conf': 'pid_file b' })
  expect(error!.message).toBe("Duplicate 'pid_file' value in configuration.")
})
