/**
 * Node's `http`, other than by an import: that reads all that the module exports, one of which is WebSocket, for which Node loads its
 * own fetch with it. It takes each process 14 MiB and a tenth of a second.
 */
export const http = process.getBuiltinModule('node:http')
