// pg-compiled-awaiter [lucky] (pg) - one payment at a time
"use strict";
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
Object.defineProperty(exports, "__esModule", { value: true });
const pg_1 = require("pg");
class AuditRepository {
    constructor(pool) { this.pool = pool; }
    write(text) {
        return __awaiter(this, arguments, void 0, function* (text, client) {
            const own = yield this.pool.connect();
            try {
                yield own.query("INSERT INTO audit VALUES ($1)", [text]);
            }
            finally {
                own.release();
            }
        });
    }
}
class PaymentService {
    constructor(pool, audit) { this.pool = pool; this.audit = audit; }
    pay(id) {
        return __awaiter(this, void 0, void 0, function* () {
            const client = yield this.pool.connect();
            try {
                yield client.query("BEGIN");
                yield client.query("UPDATE accounts SET balance = balance - 1");
                yield this.audit.write(`paid ${id}`);
                yield client.query("COMMIT");
            }
            finally {
                client.release();
            }
        });
    }
}
function main() {
    return __awaiter(this, void 0, void 0, function* () {
        const { startFakePg } = yield Promise.resolve().then(() => import("./_fakepg.mjs"));
        const pool = new pg_1.Pool(Object.assign(Object.assign({}, yield startFakePg()), { max: 2 }));
        const service = new PaymentService(pool, new AuditRepository(pool));
        yield service.pay(1);
        yield pool.end();
        console.log("done");
    });
}
main().catch((error) => { console.error(error); process.exit(1); });
