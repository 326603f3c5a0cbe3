// uPlot and its sheet as one lazy piece of the build.
// plot.tsx asks for it when the first chart is shown.

import 'uplot/dist/uPlot.min.css'
import UPlot from 'uplot'

export { UPlot }
