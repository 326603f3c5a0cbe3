// A capture file, or a saved view, becomes a tab: chosen in the browser's dialog, or dropped on the page (capture-drop.tsx).
// Nothing is uploaded: the Worker of this page reads the file.

import type { App } from '../../state/app.ts'

/** Kinds of files that the dialog offers. */
const ACCEPTED = '.pcap,.pcapng,.cap,.gz,.zzb'

/** Opens a tab for the file and shows it; done when all of it has been read. What goes wrong is said in the tab. */
export async function openCapture(app: App, file: File): Promise<void> {
  const [{ packetsModelOf }, { showView, viewOf }] = await Promise.all([import('./packets-model.ts'), import('./view-file.ts')])
  const view = await viewOf(file)
  // what a link has selected is meant for the first capture
  if (view !== null || app.connections.list.peek().length > 0) app.selection.clear()
  const tab = await app.connections.openFile(file)
  app.overlay.value = null
  if (view !== null) return showView(app, tab, file, view)
  if (app.route.screen.peek() !== 'ladder') app.route.go('packets')
  await packetsModelOf(tab, app.worker).openFile(file)
}

/** Lets the user choose a file, and opens it. */
export function chooseCapture(app: App): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = ACCEPTED
  input.onchange = () => {
    const [file] = input.files ?? []
    if (file !== undefined) openCapture(app, file).catch((error: unknown) => app.events.add('error', file.name, `${error}`))
  }
  input.click()
}
