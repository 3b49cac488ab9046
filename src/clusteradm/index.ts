export { ROOT } from './commands.ts'
export { runClusteradm } from './run.ts'
export { systemTerminal, type Terminal } from './terminal.ts'
