export { FREE } from './free';
export { LAST } from './last';
export { PAID } from './paid';
