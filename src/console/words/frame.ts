// The catalogue of the frame.
// Screens have their own beside them, loaded with them.

import { type Catalogue, catalogue } from './catalogue.ts'
import { FRAME_EN, type FrameWords } from './frame-en.ts'
import { FRAME_IT } from './frame-it.ts'

export const FRAME: Catalogue<FrameWords> = catalogue(FRAME_EN, FRAME_IT)
