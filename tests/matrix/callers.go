package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"
)

// connections of each pool: fewer than there are requests at a time, so that they queue for them.
const connections = 16

type targets struct {
	http, postgresql, mysql, redis string
}

func (to targets) callers() map[string]caller {
	callers := map[string]caller{}
	if to.http != "" {
		callers["http"] = overHTTP(to.http)
		callers["fasthttp"] = overFastHTTP(to.http)
	}
	if to.postgresql != "" {
		callers["pq"] = overPq(to.postgresql)
		callers["pgx"] = overPgx(to.postgresql)
	}
	if to.mysql != "" {
		callers["mysql"] = overMySQL(to.mysql)
	}
	if to.redis != "" {
		callers["redis"] = overRedis(to.redis)
	}
	return callers
}

func overHTTP(target string) caller {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	return func(id string, _ int) error {
		response, err := client.Get(target + "/b/http?request=" + id)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
}

func overFastHTTP(target string) caller {
	client := &fasthttp.Client{MaxConnsPerHost: 64}
	return func(id string, _ int) error {
		_, _, err := client.Get(nil, target+"/b/fasthttp?request="+id)
		return err
	}
}

// sqlState is a PostgreSQL error code of its own for each number: T and four digits of base 36.
func sqlState(number int) string {
	digits := strings.ToUpper(strconv.FormatInt(int64(number), 36))
	return "T" + strings.Repeat("0", 4-len(digits)) + digits
}

func failingBlock(number int) string {
	return fmt.Sprintf("DO $$ BEGIN RAISE 'asked for' USING ERRCODE = '%s'; END $$", sqlState(number))
}

func open(driver, source string) *sql.DB {
	db, err := sql.Open(driver, source)
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

func overPq(source string) caller {
	db := open("postgres", source)
	return func(_ string, number int) error {
		var got int
		if err := db.QueryRow("SELECT $1::int FROM pg_sleep(0.001)", number).Scan(&got); err != nil || got != number {
			return fmt.Errorf("got %d, %v", got, err)
		}
		var failure *pq.Error
		if _, err := db.Exec(failingBlock(number)); !errors.As(err, &failure) || string(failure.Code) != sqlState(number) {
			return err
		}
		return nil
	}
}

func overPgx(source string) caller {
	config, err := pgxpool.ParseConfig(source)
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	return func(_ string, number int) error {
		var got int
		if err := pool.QueryRow(context.Background(), "SELECT $1::int FROM pg_sleep(0.001)", number).Scan(&got); err != nil || got != number {
			return fmt.Errorf("got %d, %v", got, err)
		}
		var failure *pgconn.PgError
		if _, err := pool.Exec(context.Background(), failingBlock(number)); !errors.As(err, &failure) || failure.Code != sqlState(number) {
			return err
		}
		return nil
	}
}

func overMySQL(source string) caller {
	db := open("mysql", source)
	return func(_ string, number int) error {
		var got int // by a prepared statement, which is closed without an answer
		if err := db.QueryRow("SELECT ? + SLEEP(0.001)", number).Scan(&got); err != nil || got != number {
			return fmt.Errorf("got %d, %v", got, err)
		}
		code := uint16(5_000 + number)
		var failure *mysql.MySQLError
		_, err := db.Exec(fmt.Sprintf("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = %d", code))
		if !errors.As(err, &failure) || failure.Number != code {
			return err
		}
		return nil
	}
}

func overRedis(address string) caller {
	client := redis.NewClient(&redis.Options{Addr: address, PoolSize: connections, DialTimeout: time.Minute, ReadTimeout: time.Minute, PoolTimeout: time.Minute})
	return func(id string, number int) error {
		ctx := context.Background()
		if err := client.Set(ctx, "key:"+id, number, 0).Err(); err != nil {
			return err
		}
		code := "E" + strconv.Itoa(number)
		err := client.Eval(ctx, "return redis.error_reply(ARGV[1] .. ' asked for')", nil, code).Err()
		if err == nil || !strings.HasPrefix(err.Error(), code+" ") {
			return fmt.Errorf("wanted %s, got %v", code, err)
		}
		return nil
	}
}
