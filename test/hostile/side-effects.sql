-- SELECTs that do something.
SELECT * FROM enable_logging(storage='file', storage_path='{outside}/log');
SELECT * FROM enable_logging(storage='stdout');
SELECT * FROM enable_logging(level='trace');
SELECT * FROM enable_profiling(save_location='{outside}/profile.json');
select * from disable_logging();
select * from disable_profiling();
select * from truncate_duckdb_logs();
select * from checkpoint();
select * from force_checkpoint();
select * from enable_peg_parser();
select * from disable_peg_parser();
select * from check_peg_parser('select 1');
select * from (select * from enable_logging(storage='stdout'));
select (select count(*) from enable_logging(level='trace'));
select * from events where (select count(*) from checkpoint()) = 0;
