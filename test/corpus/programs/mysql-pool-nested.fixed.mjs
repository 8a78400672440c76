// mysql-pool-nested [fixed] (mysql) - the log is written over the connection of the transaction
import { promisify } from 'node:util';
import mysql from 'mysql';
import { startFakeMysql } from './_fakemysql.mjs';

const pool = mysql.createPool({ ...await startFakeMysql(), connectionLimit: 2 });

function importRow(id, done) {
  pool.getConnection((error, connection) => {
    if (error) return done(error);
    const end = error => {
      connection.release();
      done(error);
    };
    connection.query('START TRANSACTION', error => {
      if (error) return end(error);
      connection.query('INSERT INTO log VALUES (1)', error => {
        if (error) return end(error);
        connection.query('COMMIT', end);
      });
    });
  });
}

const importing = promisify(importRow);
await Promise.all([1, 2].map(id => importing(id)));
await promisify(pool.end.bind(pool))();
console.log('done');
