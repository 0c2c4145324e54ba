/** Prints the capability file of this worker, which `dreamnet compile --capabilities` reads. */
import { describeOffer } from 'dreamnet/agent';
import { capabilities, fields } from './offer.ts';

console.log(JSON.stringify(describeOffer({ name: 'bullmq-worker', fields, capabilities }), null, 2));
