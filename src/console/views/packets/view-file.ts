// A view in a file, `.zzb`: the packets that are shown, as pcapng, and in the comment of its section header the address of what was looked at.
// Any reader of pcapng opens it as a capture; a copy of this console shows the same screen, filter and packet.

import { sectionComments } from '../../../capture/section-comments.ts'
import type { App } from '../../state/app.ts'
import type { Connection } from '../../state/connection.ts'
import { formatHash, parseHash } from '../../state/route.ts'
import { type PacketsModel, packetsModelOf } from './packets-model.ts'
import { PACKETS_WORDS } from './packets-words.ts'

export interface SavedView {
  readonly screen: 'packets' | 'ladder'
  readonly filter: string
  /** Of the list, as in an address. */
  readonly time: string
  readonly columns: string
  /** The packet that was selected, by its number in the file; 0 = none. */
  readonly frame: number
}

/** By which the comment is known. */
const LINE = 'Zanzara view: '
/** Stands for the number that the selected packet gets in the file. */
const FRAME = '{frame}'
const HEAD_BYTES = 131_072
/** Characters of an address; a longer one keeps its packet and loses its filter. */
const LONGEST = 32_768
const LOOK = ['time', 'columns'] as const

/** Saves what the Packets screen of a tab shows, and how. */
export async function saveView(app: App, connection: Connection): Promise<void> {
  const model = packetsModelOf(connection, app.worker)
  const frame = model.frame.peek()
  const row = frame === 0 ? -1 : await app.worker.call('packets/row', { connection: connection.id, number: frame })
  const comment = viewLine({
    screen: app.route.screen.peek() === 'ladder' ? 'ladder' : 'packets',
    filter: model.applied.peek(),
    time: app.route.parameter('time').peek(),
    columns: app.route.parameter('columns').peek(),
    frame: row < 0 ? 0 : frame,
  })
  const saved = await model.save(false, { comment, frame })
  if (saved === null) return
  const name = (model.state.peek().fileName ?? 'zanzara').replace(/\.(pcapng|pcap|cap|gz|zzb)$/g, '')
  app.save(`${name}-view.zzb`, 'application/octet-stream', saved.bytes)
}

/** The line of the comment; the Worker puts the packet's number in. */
export function viewLine(view: SavedView): string {
  const values = new Map<string, string>()
  for (const name of ['filter', ...LOOK] as const) if (view[name] !== '') values.set(name, view[name])
  if (formatHash(view.screen, values).length > LONGEST) values.delete('filter')
  const address = formatHash(view.screen, values)
  return `${LINE}${address}${view.frame === 0 ? '' : `${values.size === 0 ? '?' : '&'}frame=${FRAME}`}`
}

/** What a file says of itself; null = it is a capture and no more. Nothing of it is trusted: only these few values are taken. */
export async function viewOf(file: Blob): Promise<SavedView | null> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
  const line = sectionComments(head).find((comment) => comment.startsWith(LINE))
  if (line === undefined) return null
  const { screen, values } = parseHash(line.slice(LINE.length).trim())
  const frame = values.get('frame') ?? ''
  const value = (name: string): string => values.get(name) ?? ''
  return {
    screen: screen === 'ladder' ? 'ladder' : 'packets',
    filter: value('filter'),
    time: value('time'),
    columns: value('columns'),
    frame: /^\d{1,9}$/.test(frame) ? Number(frame) : 0,
  }
}

/** Reads the file into its tab and shows it as it was saved. */
export async function showView(app: App, tab: Connection, file: File, view: SavedView): Promise<void> {
  const model = packetsModelOf(tab, app.worker)
  // the screen takes the filter from the model, whenever it is drawn
  model.isLinked = true
  model.applied.value = view.filter
  for (const name of LOOK) app.route.parameter(name).value = view[name]
  app.route.go(view.screen)
  if (!(await model.apply(view.filter))) model.applied.value = ''
  app.route.parameter('filter').value = model.applied.peek()
  await model.openFile(file)
  await dropFilterThatHides(app, model, file.name)
  if (view.frame > 0) app.selection.selectFrame(view.frame)
}

/** All packets of the file passed when it was saved. A filter by stream or number may mean others now: it would hide what was shown. */
async function dropFilterThatHides(app: App, model: PacketsModel, name: string): Promise<void> {
  const state = await app.worker.call('packets/state', { connection: model.connection })
  if (state.filter === '' || state.passing === state.kept) return
  await model.apply('')
  app.route.parameter('filter').value = ''
  app.events.add('warn', name, app.words(PACKETS_WORDS).viewFilter(state.filter))
}
