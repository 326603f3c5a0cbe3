// The few words about captures that the frame needs before the Packets screen is loaded.
// Shown where a file is dropped, in the palette and in the form of a connection.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'

export interface CaptureWords {
  readonly open: string
  readonly drop: string
}

export const CAPTURE_WORDS: Catalogue<CaptureWords> = catalogue<CaptureWords>(
  { open: 'Open a capture file', drop: 'Drop to open' },
  { open: 'Apri un file di cattura', drop: 'Lascia qui per aprire' },
)
