export type { Delivery } from './callbacks';
export { type Emulator, type EmulatorOptions, startEmulator } from './emulator';
export type { Fault } from './faults';
export type { ImageRecord } from './gallery';
export type { Charge } from './ledger';
export type { RecordedRequest } from './requestLog';
export type { GenerateShape } from './settings';
